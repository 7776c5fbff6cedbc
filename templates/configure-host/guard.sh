# Rules of the host's packet filter: what a container may reach on its host, and which user may listen on its port.
#
# A program that reaches 169.254.169.254 can use the host's role. Packets from our bridges to that address are dropped in `raw`, before
# Docker's rules. Docker never changes that chain, and the rule can exist before the bridge.
# A site's container may connect only to those ports of the host that the site names. Packets to other containers do not pass these
# rules: Docker itself separates its networks. Our networks have no IPv6, and so no route to fd00:ec2::254.
#
# A systemd unit sets all rules again before each start of Docker: after a boot, and after somebody emptied the tables (then Docker
# must be restarted anyway). If the unit fails, Docker still starts, because other containers need it.

guard_host() {
  begin metadata
  local how=unchanged
  if ! command -v iptables >/dev/null; then
    [ "$EDGE_METADATA" = true ] || fail 'there is no iptables to keep the container from the instance metadata' 'install iptables, or set metadata: true'
    say metadata unchanged reason='the container may reach the role of this host, and its services: there is no iptables'
    return
  fi
  if ! unit_is_there; then
    if [ "$CHECK" = true ]; then say metadata would-change; return; fi
    # Does what `systemctl enable` does, but creates the link first. So a killed run never leaves a unit file that is not enabled.
    mkdir -p "$UNIT_DIR/docker.service.wants"
    ln -sf "$METADATA_UNIT" "$UNIT_DIR/docker.service.wants/"
    printf '%s\n' "$METADATA_TEXT" >"$METADATA_UNIT.new"
    mv -f "$METADATA_UNIT.new" "$METADATA_UNIT"
    # Only the next start of Docker needs it.
    systemctl daemon-reload >>"$LOG" 2>&1 3>&- 9>&- &
    how=changed
  fi
  if ! iptables -w -t raw -C "${METADATA_RULE[@]}" 2>/dev/null; then
    if [ "$CHECK" = true ]; then say metadata would-change; return; fi
    logged iptables -w -t raw -I "${METADATA_RULE[@]}" || fail "the rule is refused: $(last_words)" 'iptables -t raw -S tells what there is'
    how=changed
  fi
  if [ "$EDGE_METADATA" = true ]; then say metadata "$how" reason='the container may reach the role of this host'; else say metadata "$how"; fi
  keep_from_host
}

METADATA_TEXT="# ragstream-edge: keeps its containers from the instance metadata, and so from the role of this host, and from its services.
[Unit]
Description=What the containers of ragstream-edge may reach on their host
Before=docker.service nginx.service
PartOf=docker.service
After=nftables.service iptables.service netfilter-persistent.service firewalld.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'iptables -w -t raw -C ${METADATA_RULE[*]} || iptables -w -t raw -I ${METADATA_RULE[*]}'
ExecStart=-/bin/sh -c 'cat /var/lib/ragstream-edge/*/guard | while read -r rule; do iptables -w -C \$\$rule || iptables -w -I \$\$rule; done'

[Install]
WantedBy=docker.service"

unit_is_there() {
  local text
  [ -r "$METADATA_UNIT" ] && ! IFS= read -r -d '' text <"$METADATA_UNIT" && [ "$text" = "$METADATA_TEXT"$'\n' ]
}

# A forbidden connection is refused at once, by a TCP reset: the kernel sends only a few ICMP errors a second.
# Port 53 is allowed: the host's resolver can be one of its own addresses. The rules of keep_port for the port stay.
keep_from_host() {
  begin guard
  local rest="-i $BRIDGE+ -m conntrack --ctstate NEW ! --ctorigdstport 53 -j REJECT" ports='' kept=()
  if [ -n "$EDGE_HOST_PORTS" ]; then ports="-m multiport ! --dports $EDGE_HOST_PORTS"; fi
  HOST_RULES=("INPUT -p tcp $ports $rest --reject-with tcp-reset" "INPUT ! -p tcp $rest")
  if [ -e "$GUARD" ]; then mapfile -t kept < <(grep '^OUTPUT ' "$GUARD"); fi
  if rules_are_set "${HOST_RULES[@]}" ${kept[@]+"${kept[@]}"}; then
    say guard unchanged
  elif [ "$CHECK" = true ]; then
    say guard would-change
  else
    if [ -e "$GUARD" ] && [ ! -e "$GUARD.previous" ]; then cp "$GUARD" "$GUARD.next" && rename "$GUARD.next" "$GUARD.previous"; fi
    set_rules "${HOST_RULES[@]}" ${kept[@]+"${kept[@]}"} || set_rules "${HOST_RULES[@]}" || fail "the rule is refused: $(last_words)" 'iptables -S tells what there is'
    say guard changed refused="$(services_of_host)"
  fi
  if ! keeps_apart; then
    say guard ok reason='Docker was told iptables: false, and keeps the containers of this host not apart'
  fi
}
HOST_RULES=()

# While the container is down (in a replace, at a boot, after a crash), any user of the host can listen on a port from 1024 on, and would
# get the visitors. So this rule drops the answer to the first packet if the listening program is not root's, or if the answer has no
# owner (a SYN cookie of a full queue). nginx waits 2 s for the answer, then says 503. The rule is set once our container is healthy: an
# adopted container can run as another user.
keep_port() {
  local cookies='' rules=()
  if ! type -P iptables >/dev/null; then return; fi
  # A SYN cookie has no owner. With the value 2 the kernel sends only cookies.
  read -r cookies </proc/sys/net/ipv4/tcp_syncookies || cookies=
  if [ "$EDGE_HOST_PORT" -ge 1024 ] && [ "$cookies" != 2 ]; then
    rules=("OUTPUT -o lo -p tcp -s 127.0.0.1 --sport $EDGE_HOST_PORT --tcp-flags SYN,ACK SYN,ACK -m owner ! --uid-owner 0 -j DROP")
  fi
  begin guard
  if rules_are_set "${HOST_RULES[@]}" ${rules[@]+"${rules[@]}"}; then return; fi
  if set_rules "${HOST_RULES[@]}" ${rules[@]+"${rules[@]}"}; then
    say guard changed port="$EDGE_HOST_PORT"
    return
  fi
  say guard unchanged reason="the port is not kept from other users of this host: $(last_words)"
  set_rules "${HOST_RULES[@]}" || true
}

# Takes back what this run, or a killed run before it, changed for a container that did not become healthy.
restore_rules() {
  local rules
  if [ ! -e "$GUARD.previous" ] || [ -e "$PROVED" ]; then return 0; fi
  mapfile -t rules <"$GUARD.previous"
  if ! set_rules "${rules[@]}"; then
    say guard-restore failed reason="$(last_words)"
    return
  fi
  rm -f "$GUARD.previous"
  say guard-restore ok
}

# rules_are_set <rule>...: true if exactly these rules are set.
rules_are_set() {
  local rule
  for rule in "$@"; do filter -C "$rule" 2>/dev/null || return 1; done
  [ -e "$GUARD" ] && printf '%s\n' "$@" | cmp -s - "$GUARD"
}

# set_rules <rule>...: sets exactly these rules. A file lists each rule before it is set, and until it is deleted. So the run after a
# killed run can delete it.
set_rules() {
  local rule text
  printf -v text '%s\n' "$@"
  { if [ -e "$GUARD" ]; then cat "$GUARD"; fi && printf '%s' "$text"; } >"$GUARD.next" && rename "$GUARD.next" "$GUARD" || return
  for rule in "$@"; do filter -C "$rule" 2>/dev/null || logged filter -I "$rule" || return 1; done
  drop_rules "$text"
  printf '%s' "$text" >"$GUARD.next" && rename "$GUARD.next" "$GUARD"
}

# Services of this host, beyond loopback, that the container may not reach.
services_of_host() {
  ss -Hltnp | awk -v admitted=",22,53,80,443,$EDGE_HOST_PORTS," '
    match($4, /:[0-9]+$/) && $4 !~ /^(127\.|\[::1\])/ {
      port = substr($4, RSTART + 1)
      if (index(admitted, "," port ",") || seen[port]++) next
      print port (match($0, /"[^"]*"/) ? ":" substr($0, RSTART + 1, RLENGTH - 2) : "")
    }' | sort -n | head -n 20 | paste -sd ' '
}
