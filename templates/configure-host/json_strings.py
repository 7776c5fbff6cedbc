# Of a JSON text on standard input the strings with these names, decoded, one after the other with a line end behind each: as far as the
# metadata, Parameter Store and ECR answer with it. The smallest Python of a system (python3-minimal) has no module for JSON.
import re
import sys

MEANT = {'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}


def meant(found):
    sign = found.group(1)
    return chr(int(sign[1:], 16)) if len(sign) > 1 else MEANT.get(sign, sign)


strings, name = {}, None
for text, colon in re.findall(r'"((?:[^"\\]|\\.)*)"(\s*:)?', sys.stdin.buffer.read().decode()):
    if name is not None and not colon:
        # What is beyond \uffff comes in two halves.
        whole = re.sub(r'\\(u.{4}|.)', meant, text + '\n').encode('utf-16', 'surrogatepass').decode('utf-16')
        strings.setdefault(name, []).append(whole.encode())
    name = text if colon else None
for name in sys.argv[1:]:
    sys.stdout.buffer.write(b''.join(strings.get(name, [])))
