# Whether the text of a firewall's rules lets a visitor's first packet in, walked as that packet would walk it.
#
# Standard input: what `iptables -S` and `nft list ruleset` print, with a NUL behind each. Prints `<port>|<verdict>|<rule>` for each port of
# the command line. One table that drops is enough; the rest is open only when all say so; null where what is not in the text decides.
import re
import sys

# Of a rule: whether it is for the packet.
NO, MAYBE, YES = range(3)
VERDICTS = ('accept', 'drop', 'reject', 'return')
SERVICES = {'80': 'http', '443': 'https'}


def is_inner(name):
    return re.match('(lo|docker|br-|rsedge|rsopen|veth|virbr)', name.strip('"')) is not None


class Rules:
    """One text: its chains, each a list of (fits, act, target, text), and its base chains with their policies."""

    def __init__(self, text, port):
        self.port, self.chains, self.bases, self.unsure = port, {}, [], None
        table = chain = ''
        for line in text.split('\n'):
            words = line.split()
            if line.startswith('-P INPUT '):
                self.bases.append(('INPUT', words[2]))
            elif line.startswith('-A '):
                self.iptables_rule(re.sub('"[^"]*"', '""', line))
            elif line.startswith('table '):
                table = ' '.join(words[1:3])
            elif re.match(r'[ \t]+chain ', line):
                chain = '%s/%s' % (table, words[1])
            elif re.match(r'[ \t]+(}|(set|map|flowtable|ct helper|counter|limit|quota) )', line):
                chain = ''
            elif chain and re.search('type [a-z]+ hook ', line):
                if words[1] == 'filter' and words[3] == 'input' and re.match('(ip|inet) ', table):
                    self.bases.append((chain, 'drop' if 'policy drop' in line else 'accept'))
            elif chain and words:
                self.nft_rule(chain, line.strip())

    def add(self, chain, fits, act, target, text):
        self.chains.setdefault(chain, []).append((fits, act, target, text))

    def holds(self, ports):
        for part in re.sub(r'[{} \t]', '', ports).split(','):
            if part in (self.port, SERVICES.get(self.port)):
                return YES
            if part.startswith('@'):
                return MAYBE
            ends = re.match(r'([0-9]+)[-:]([0-9]+)\Z', part)
            if ends and int(ends.group(1)) <= int(self.port) <= int(ends.group(2)):
                return YES
        return NO

    def iptables_rule(self, text):
        fits, act, target = YES, '', ''
        words = iter(text.split())
        next(words)
        chain = next(words)
        for word in words:
            if word == '!':
                name, value = next(words, ''), next(words, '')
                fits = min(fits, YES if name == '-i' and is_inner(value) else MAYBE)
            elif word == '-p':
                fits = min(fits, YES if next(words, '') in ('tcp', 'all', '6') else NO)
            elif word in ('--dport', '--dports', '--destination-port'):
                fits = min(fits, self.holds(next(words, '')))
            elif word == '-i':
                fits = min(fits, NO if is_inner(next(words, '')) else YES)
            elif word in ('--ctstate', '--state'):
                fits = min(fits, YES if 'NEW' in next(words, '').split(',') else NO)
            elif word == '-m':
                fits = min(fits, YES if next(words, '') in ('tcp', 'multiport', 'conntrack', 'state', 'comment') else MAYBE)
            elif word in ('--comment', '--reject-with', '--log-prefix', '--log-level'):
                next(words, '')
            elif word == '--tcp-flags':
                fits = min(fits, YES if (next(words, ''), next(words, '')) == ('FIN,SYN,RST,ACK', 'SYN') else MAYBE)
            elif word in ('-j', '-g'):
                act, target = 'goto' if word == '-g' else 'jump', next(words, '')
            else:
                fits = MAYBE if fits else NO
        if target.lower() in VERDICTS:
            act, target = target.lower(), ''
        self.add(chain, fits, act, target, text)

    def nft_rule(self, chain, text):
        plain = re.sub(' comment "[^"]*"| # handle .*', '', text)
        # A brace with its list becomes one word.
        words = re.sub('{[^}]*', lambda found: found.group().replace(' ', ''), plain).split() + ['', '', '']
        fits, act, target, at = YES, '', '', 0
        while words[at] and not act:
            word, after, third = words[at : at + 3]
            fit, step = MAYBE, 1
            if word == 'tcp' and after == 'dport':
                fit, step = (YES if self.holds(words[at + 3]) == NO else NO, 4) if third == '!=' else (self.holds(third), 3)
            elif word == 'ct' and after == 'state' and third == 'vmap':
                fit, step = MAYBE if 'new:' in words[at + 3] else NO, 4
            elif word == 'ct' and after == 'state' and third != '!=':
                fit, step = YES if 'new' in third.strip('{}').split(',') else NO, 3
            elif (word, after) in (('meta', 'l4proto'), ('ip', 'protocol')) and third != '!=':
                fit, step = YES if {'tcp', '6'} & set(third.strip('{}').split(',')) else NO, 3
            elif word == 'meta' and after == 'nfproto':
                fit, step = YES if third == 'ipv4' else NO, 3
            elif word in ('iif', 'iifname'):
                fit, step = (YES if is_inner(third) else MAYBE, 3) if after == '!=' else (NO if is_inner(after) else YES, 2)
            elif word in ('udp', 'icmp', 'icmpv6', 'igmp', 'sctp', 'esp', 'ah', 'ip6'):
                fit = NO
            elif word == 'counter':
                fit, step = YES, 5 if after == 'packets' else 1
            elif word == 'log':
                fit = YES
                while words[at + step] and words[at + step] not in (*VERDICTS, 'jump', 'goto'):
                    step += 1
            elif word in VERDICTS:
                fit, act = YES, word
            elif word in ('jump', 'goto'):
                fit, act, target = YES, word, chain.split('/')[0] + '/' + after
            fits = min(fits, fit)
            at += step
        self.add(chain, fits, act, target, text)

    def walk(self, chain, depth=0):
        """(verdict, rule); None: the end of the chain was reached."""
        if depth > 16:
            return 'null', ''
        for fits, act, target, text in self.chains.get(chain, ()):
            if fits == NO or not act:
                continue
            if act in ('jump', 'goto'):
                end = self.walk(target, depth + 1)
                if end is None and act == 'goto' and fits == YES:
                    return None
            elif act == 'return':
                if fits == YES:
                    return None
                continue
            else:
                end = ('open' if act == 'accept' else 'closed', text)
            if end is None:
                continue
            if fits == YES or end[0] == 'null':
                return self.settled(end)
            # Some are let in, or kept out, by this one: that matters only where the rest fare otherwise.
            self.unsure = self.unsure or end
        return None

    def settled(self, end):
        if not self.unsure or end[0] in ('null', self.unsure[0]):
            return end
        return 'null', self.unsure[1]

    def judged(self):
        for chain, policy in self.bases:
            self.unsure = None
            is_drop = policy.lower() == 'drop'
            end = ('closed', 'policy drop of ' + chain) if is_drop else ('open', '')
            yield self.walk(chain) or self.settled(end)
        if not self.bases:
            yield 'open', ''


def main(ports):
    texts = sys.stdin.buffer.read().decode('latin-1').split('\0')[:-1]
    for port in ports if texts else ():
        ends = [end for text in texts for end in Rules(text, port).judged()]
        verdict, rule = next(end for wanted in ('closed', 'null', 'open') for end in ends if end[0] == wanted)
        sys.stdout.buffer.write(('%s|%s|%s\n' % (port, verdict, '' if verdict == 'open' else rule)).encode('latin-1'))


main(sys.argv[1:])
