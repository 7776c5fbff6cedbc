# The files of others with a name of the site. Comes behind nginx_site.py in one program.


def say_names(main, default_file):
    for path in sorted({one.file for one in Site(main, default_file).claims()}):
        say(path)
