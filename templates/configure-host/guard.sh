# shellcheck shell=bash
# Rules of the host's packet filter: what a container may reach on its host, and who may stand in for it.
#
# Who reaches 169.254.169.254 has the role of the host. What comes in by a bridge of ours for that address is dropped in `raw`,
# before Docker's rules: Docker never touches that chain, whether it restarts or not, and the rule can be there before the bridge is.
# What a container of a site asks of the host itself is refused, but for the ports that the site names; what Docker leads on to
# another container never gets here, and Docker keeps that apart. A network has no IPv6, and so no way to fd00:ec2::254.
#
# A unit that starts before Docker, each time that Docker is started, brings all rules back after a boot, and after somebody emptied
# the tables: Docker's own rules want a restart of it then, too. It does not hold Docker back where it fails: the containers of
# others want to start as well.

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
    # What `systemctl enable` does, but the link first: a killed run leaves no unit that looks complete and is not enabled.
    mkdir -p "$UNIT_DIR/docker.service.wants"
    ln -sf "$METADATA_UNIT" "$UNIT_DIR/docker.service.wants/"
    printf '%s\n' "$METADATA_TEXT" >"$METADATA_UNIT.new"
    mv -f "$METADATA_UNIT.new" "$METADATA_UNIT"
    logged systemctl daemon-reload || true
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

# A service that is asked in vain is refused at once, and not waited for: by TCP itself, since the kernel sends few ICMP errors in a second.
# Port 53 is admitted: the resolver of the host may be one of its own addresses. What keep_port set for the port stays.
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

# While no container has it, any user of the host may take a port from 1024 on, and would get the visitors: in a replace, at a boot, after
# a crash. What listens there for another user than root cannot open a connection: its answer to the first packet is dropped, as is one
# without an owner (a cookie, from a queue that is full). nginx waits 2 s for it, and says 503. Set when our container has proved itself
# there: what is taken over may run as anybody.
keep_port() {
  local cookies='' rules=()
  if ! type -P iptables >/dev/null; then return; fi
  # An answer with a cookie bears no owner: the kernel sends nothing else where it is told to (2).
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

# What this run, or a killed one before it, changed for a container that did not prove itself.
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

# rules_are_set <rule>...: these, and no others.
rules_are_set() {
  local rule
  for rule in "$@"; do filter -C "$rule" 2>/dev/null || return 1; done
  [ -e "$GUARD" ] && printf '%s\n' "$@" | cmp -s - "$GUARD"
}

# set_rules <rule>...: these, and no others. The file names each before it is set, and until it is gone: the run after one that is killed
# drops it.
set_rules() {
  local rule text
  printf -v text '%s\n' "$@"
  { if [ -e "$GUARD" ]; then cat "$GUARD"; fi && printf '%s' "$text"; } >"$GUARD.next" && rename "$GUARD.next" "$GUARD" || return
  for rule in "$@"; do filter -C "$rule" 2>/dev/null || logged filter -I "$rule" || return 1; done
  drop_rules "$text"
  printf '%s' "$text" >"$GUARD.next" && rename "$GUARD.next" "$GUARD"
}

# What listens here for more than this host itself, and that the container may not ask.
services_of_host() {
  ss -Hltnp | awk -v admitted=",22,53,80,443,$EDGE_HOST_PORTS," '
    match($4, /:[0-9]+$/) && $4 !~ /^(127\.|\[::1\])/ {
      port = substr($4, RSTART + 1)
      if (index(admitted, "," port ",") || seen[port]++) next
      print port (match($0, /"[^"]*"/) ? ":" substr($0, RSTART + 1, RLENGTH - 2) : "")
    }' | sort -n | head -n 20 | paste -sd ' '
}
