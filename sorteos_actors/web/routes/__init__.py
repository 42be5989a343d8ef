"""The HTTP contract, one file per noun. Each offers ``blueprint(services, sockets)``."""
