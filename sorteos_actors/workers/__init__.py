"""Several nodes on one machine and one port: `sorteos serve --workers N`.

    parent   the process that was started: takes the port, sets up what nodes lean on, hears signals
    crew     keeps a worker in each place, replaces them, sends everybody home
    process  one life of one worker, seen from outside
    link     what parent and workers tell each other
    child    a worker from inside: a whole node, as if it were alone

The kernel spreads connections over the places (SO_REUSEPORT). A place's socket belongs to the parent
and is lent to its worker. So a successor accepts the very connections that its predecessor leaves
waiting; and when a worker dies unasked, its socket is closed, and connections go to the others.
"""
