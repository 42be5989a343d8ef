"""The HTTP contract, one file per noun, each with ``blueprint(services, sockets)``.

`pages` is no part of it: the browser client's addresses and files.
"""
