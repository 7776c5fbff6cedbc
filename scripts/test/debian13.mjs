// Of the level debian13, before each file: its hosts have this system.
process.env.HOST_SUITE = 'trixie'
