# shellcheck shell=bash
# The text of a firewall's rules, walked as a visitor's first packet would walk it.
#
# Reads `iptables -S` or `nft list ruleset`. Of each rule: no (not for this packet), yes, or maybe.
# judge_rules <port>
judge_rules() {
  local service=http
  if [ "$1" = 443 ]; then service=https; fi
  awk -v port="$1" -v service="$service" '
    function holds(list, n, i, part, ends) {
      gsub(/[{}]/, "", list)
      n = split(list, part, ",")
      for (i = 1; i <= n; i++) {
        gsub(/[ \t]/, "", part[i])
        if (part[i] == port || part[i] == service) return "yes"
        if (part[i] ~ /^@/) return "maybe"
        if (part[i] ~ /^[0-9]+[-:][0-9]+$/) { split(part[i], ends, /[-:]/); if (ends[1] + 0 <= port + 0 && port + 0 <= ends[2] + 0) return "yes" }
      }
      return "no"
    }
    function is_inner(name) { gsub(/"/, "", name); return name ~ /^(lo|docker|br-|rsedge|veth|virbr)/ }
    function within(fits, list, wanted) { return index("," list ",", "," wanted ",") > 0 ? fits : "no" }
    # The weaker of two.
    function both(a, b) { return a == "no" || b == "no" ? "no" : (a == "maybe" || b == "maybe" ? "maybe" : "yes") }
    function add(chain, fits, act, target, text) {
      count[chain]++
      FITS[chain, count[chain]] = fits; ACT[chain, count[chain]] = act
      TARGET[chain, count[chain]] = target; TEXT[chain, count[chain]] = text
    }
    # A brace with its list becomes one word, a text in quotes the word "".
    function words(line, inside, out, i, sign) {
      sub(/ comment "[^"]*"/, "", line); sub(/ # handle .*/, "", line)
      for (i = 1; i <= length(line); i++) {
        sign = substr(line, i, 1)
        if (sign == "{") inside = 1
        if (sign == "}") inside = 0
        if (!(inside && sign == " ")) out = out sign
      }
      return split(out, W, /[ \t]+/)
    }
    function iptables_rule(text, n, i, fits, act, target, not) {
      gsub(/"[^"]*"/, "\"\"", text)
      n = split(text, W, " ")
      fits = "yes"; act = ""; target = ""; not = 0
      for (i = 3; i <= n; i++) {
        if (W[i] == "!" && W[i + 1] == "-i") { i += 2; fits = both(fits, is_inner(W[i]) ? "yes" : "maybe"); continue }
        if (W[i] == "!") { not = 1; fits = both(fits, "maybe"); continue }
        if (not) { not = 0; i++; continue }
        if (W[i] == "-p") fits = both(fits, W[++i] ~ /^(tcp|all|6)$/ ? "yes" : "no")
        else if (W[i] ~ /^--(dport|dports|destination-port)$/) fits = both(fits, holds(W[++i]))
        else if (W[i] == "-i") fits = both(fits, is_inner(W[++i]) ? "no" : "yes")
        else if (W[i] ~ /^--(ctstate|state)$/) fits = both(fits, within("yes", W[++i], "NEW"))
        else if (W[i] == "-m") fits = both(fits, W[++i] ~ /^(tcp|multiport|conntrack|state|comment)$/ ? "yes" : "maybe")
        else if (W[i] == "--comment" || W[i] == "--reject-with" || W[i] == "--log-prefix" || W[i] == "--log-level") i++
        else if (W[i] == "--tcp-flags") { i += 2; fits = both(fits, W[i - 1] W[i] == "FIN,SYN,RST,ACKSYN" ? "yes" : "maybe") }
        else if (W[i] == "-j" || W[i] == "-g") { act = W[i] == "-g" ? "goto" : "jump"; target = W[++i] }
        else fits = both(fits, "maybe")
      }
      if (target ~ /^(ACCEPT|DROP|REJECT|RETURN)$/) { act = tolower(target); target = "" }
      add(W[2], fits, act, target, text)
    }
    function nft_rule(chain, text, n, i, fits, act, target, equal) {
      n = words(text)
      fits = "yes"; act = ""; target = ""
      for (i = 1; i <= n; i++) {
        equal = W[i + 2] != "!="
        if (W[i] == "tcp" && W[i + 1] == "dport") { i += 2; if (equal) fits = both(fits, holds(W[i])); else { i++; fits = both(fits, holds(W[i]) == "yes" ? "no" : "yes") } }
        else if (W[i] == "ct" && W[i + 1] == "state" && W[i + 2] == "vmap") { i += 3; fits = both(fits, W[i] ~ /new:/ ? "maybe" : "no") }
        else if (W[i] == "ct" && W[i + 1] == "state" && equal) { i += 2; gsub(/[{}]/, "", W[i]); fits = both(fits, within("yes", W[i], "new")) }
        else if ((W[i] == "meta" && W[i + 1] == "l4proto" || W[i] == "ip" && W[i + 1] == "protocol") && equal) { i += 2; gsub(/[{}]/, "", W[i]); fits = both(fits, within("yes", W[i], W[i] ~ /6/ ? "6" : "tcp")) }
        else if (W[i] == "meta" && W[i + 1] == "nfproto") { i += 2; fits = both(fits, W[i] == "ipv4" ? "yes" : "no") }
        else if (W[i] ~ /^iif(name)?$/) { i++; if (W[i] == "!=") { i++; fits = both(fits, is_inner(W[i]) ? "yes" : "maybe") } else fits = both(fits, is_inner(W[i]) ? "no" : "yes") }
        else if (W[i] ~ /^(udp|icmp|icmpv6|igmp|sctp|esp|ah|ip6)$/) fits = "no"
        else if (W[i] == "counter") { if (W[i + 1] == "packets") i += 4 }
        else if (W[i] == "log") { while (i < n && W[i + 1] !~ /^(accept|drop|reject|return|jump|goto)$/) i++ }
        else if (W[i] ~ /^(accept|drop|reject|return)$/) { act = W[i]; break }
        else if (W[i] == "jump" || W[i] == "goto") { act = W[i]; target = substr(chain, 1, index(chain, "/")) W[i + 1]; break }
        else if (W[i] != "") fits = both(fits, "maybe")
      }
      add(chain, fits, act, target, text)
    }
    # open, closed, null, or nothing: the end of the chain was reached. The rule in RULE.
    function walk(chain, depth, i, act, end) {
      if (depth > 16) return "null"
      for (i = 1; i <= count[chain]; i++) {
        act = ACT[chain, i]
        if (FITS[chain, i] == "no" || act == "") continue
        if (act == "jump" || act == "goto") {
          end = walk(TARGET[chain, i], depth + 1)
          if (end == "" && act == "goto" && FITS[chain, i] == "yes") return ""
        }
        else if (act == "return") { if (FITS[chain, i] == "yes") return ""; continue }
        else { end = act == "accept" ? "open" : "closed"; RULE = TEXT[chain, i] }
        if (end == "") continue
        if (FITS[chain, i] == "yes" || end == "null") return settled(end)
        # Some are let in, or kept out, by this one: that matters only where the rest fare otherwise.
        if (unsure == "") { unsure = end; unsure_rule = RULE }
      }
      return ""
    }
    function settled(end) {
      if (unsure == "" || unsure == end || end == "null") return end
      RULE = unsure_rule
      return "null"
    }
    function judge(chain, policy, end) {
      unsure = ""; RULE = ""
      end = walk(chain, 0)
      if (end == "") { RULE = policy ~ /^(DROP|drop)$/ ? "policy drop of " chain : ""; end = settled(RULE == "" ? "open" : "closed") }
      print end "|" (end == "open" ? "" : RULE)
    }
    /^-P / { if ($2 == "INPUT") iptables_policy = $3; next }
    /^-N / { next }
    /^-A / { iptables_rule($0); next }
    /^table / { table = $2 " " $3; next }
    /^[ \t]+chain / { chain = table "/" $2; in_chain = 1; next }
    /^[ \t]+(set|map|flowtable|ct helper|counter|limit|quota) / { in_chain = 0; next }
    /^[ \t]+}/ { in_chain = 0; next }
    in_chain && /type [a-z]+ hook / {
      if ($2 == "filter" && $4 == "input" && table ~ /^(ip|inet) /) { bases[++n_bases] = chain; policies[n_bases] = $0 ~ /policy drop/ ? "drop" : "accept" }
      next
    }
    in_chain { sub(/^[ \t]+/, ""); nft_rule(chain, $0) }
    END {
      if (iptables_policy != "") judge("INPUT", iptables_policy)
      for (i = 1; i <= n_bases; i++) judge(bases[i], policies[i])
      if (iptables_policy == "" && n_bases == 0) print "open|"
    }
  '
}
