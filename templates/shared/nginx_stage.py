# The main file of a configuration that is only tested. Comes behind nginx_reader.py in one program.


def say_stage(main, live, stage):
    """The main file with its includes of conf.d and sites-enabled led to `stage`. Exits with 3 where conf.d is not among them."""
    ours = os.path.join(live, 'conf.d/ragstream-edge.conf')
    text = Text(main)
    parts, at, found = [], 0, False
    for one in every(Reading(main, follow=False).directives):
        short = one.words[-1][len(live) + 1 :] if one.words[-1].startswith(live + '/') else one.words[-1]
        if one.name == 'include' and re.match(r'(conf\.d|sites-enabled)/\*(\.conf)?\Z', short):
            start, end = one.spans[1]
            parts += [text.text[at:start], stage, '/', short]
            at = end
            found = found or matches(ours, os.path.join(live, short))
    parts.append(text.text[at:])
    sys.stdout.buffer.write(''.join(parts).encode('latin-1'))
    return 0 if found else 3
