# Runs the function that the first word names, with the words behind it. Comes last in one program.


def main(words):
    try:
        return globals()['say_' + words[0]](*words[1:]) or 0
    except Unreadable as why:
        sys.stderr.write('%s\n' % why)
        return 1


sys.exit(main(sys.argv[1:]))
