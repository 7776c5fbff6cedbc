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

# A service that is asked in vain is refused at once, and not waited for. What keep_port set for the port stays.
keep_from_host() {
  begin guard
  local new="-i $BRIDGE+ -m conntrack --ctstate NEW -j REJECT" rule
  HOST_RULES=("INPUT $new")
  if [ -n "$EDGE_HOST_PORTS" ]; then HOST_RULES=("INPUT -p tcp -m multiport ! --dports $EDGE_HOST_PORTS $new" "INPUT ! -p tcp $new"); fi
  mapfile -t PORT_RULES < <([ ! -e "$GUARD" ] || grep '^OUTPUT ' "$GUARD")
  if ! rules_are_set; then
    if [ "$CHECK" = true ]; then
      say guard would-change
    else
      set_rules
      say guard changed refused="$(services_of_host)"
    fi
    return
  fi
  say guard unchanged
}
HOST_RULES=()
PORT_RULES=()

# While no container has it, any user of the host may take a port from 1024 on, and would get the visitors: in a replace, at a boot, after
# a crash. What listens there for another user than root cannot open a connection: its answer to the first packet is dropped, as is
# one without an owner (a cookie, from a queue that he keeps full). Who asks again within 2 s is refused, so that nginx says 502 at once. Set when our container has proved itself there: what is taken over may run as anybody.
keep_port() {
  local at="-o lo -p tcp" list="-m recent --name rsedge-$EDGE_HOST_PORT" kept="${PORT_RULES[*]-}" cookies=''
  if ! command -v iptables >/dev/null; then return; fi
  PORT_RULES=("OUTPUT $at -s 127.0.0.1 --sport $EDGE_HOST_PORT --tcp-flags SYN,ACK SYN,ACK -m owner ! --uid-owner 0 $list --set -j DROP"
    "OUTPUT $at -d 127.0.0.1 --dport $EDGE_HOST_PORT --syn $list --rcheck --seconds 2 -j REJECT --reject-with tcp-reset")
  # An answer with a cookie bears no owner: the kernel sends nothing else where it is told to (2).
  read -r cookies </proc/sys/net/ipv4/tcp_syncookies || cookies=
  if [ "$EDGE_HOST_PORT" -lt 1024 ] || [ "$cookies" = 2 ]; then PORT_RULES=(); fi
  if [ "${PORT_RULES[*]-}" = "$kept" ]; then return; fi
  begin guard
  set_rules
  say guard changed port="$EDGE_HOST_PORT"
}

rules_are_set() {
  local rule text=
  local -a words
  for rule in "${HOST_RULES[@]}" ${PORT_RULES[@]+"${PORT_RULES[@]}"}; do
    read -ra words <<<"$rule"
    iptables -w -C "${words[@]}" 2>/dev/null || return 1
    text+=$rule$'\n'
  done
  if [ ! -e "$GUARD" ]; then return 1; fi
  IFS= read -r -d '' rule <"$GUARD" || true
  [ "$rule" = "$text" ]
}

# HOST_RULES and PORT_RULES and no others, each as iptables takes it after -C, -I and -D.
set_rules() {
  local rule text
  local -a words all=("${HOST_RULES[@]}" ${PORT_RULES[@]+"${PORT_RULES[@]}"})
  printf -v text '%s\n' "${all[@]}"
  for rule in "${all[@]}"; do
    read -ra words <<<"$rule"
    if iptables -w -C "${words[@]}" 2>/dev/null || logged iptables -w -I "${words[@]}"; then continue; fi
    [[ $rule == OUTPUT* ]] || fail "the rule is refused: $(last_words)" 'iptables -S tells what there is'
    say guard ok reason="the port is not kept from other users of this host: $(last_words)"
  done
  drop_rules "$text"
  printf '%s' "$text" >"$GUARD.new"
  rename "$GUARD.new" "$GUARD"
}

# What listens here for more than this host itself, and that the container may not ask.
services_of_host() {
  ss -Hltnp | awk -v admitted=",22,80,443,$EDGE_HOST_PORTS," '
    match($4, /:[0-9]+$/) && $4 !~ /^(127\.|\[::1\])/ {
      port = substr($4, RSTART + 1)
      if (index(admitted, "," port ",") || seen[port]++) next
      print port (match($0, /"[^"]*"/) ? ":" substr($0, RSTART + 1, RLENGTH - 2) : "")
    }' | sort -n | head -n 20 | paste -sd ' '
}
