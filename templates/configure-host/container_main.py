# What adopt asks. Comes behind container_adopt.py in one program.


def main(env_file, volumes_file, *unit_folders):
    container, image = (read_json(text)[0] for text in sys.stdin.read().split('\036')[:2])
    refused, fragment = judge(container, image, env_file, volumes_file, unit_folders)
    for what, hint in dict(refused).items():
        print('refuse\037%s\037%s' % (what, hint))
    if refused and fragment:
        print('fragment\037"container": { %s }' % ', '.join(fragment))


main(*sys.argv[1:])
