"""The outside comes in: one port, HTTP and WebSocket.

`front_door` accepts a connection, reads the head of its first request and decides who serves it:
`socket` for a raffle's WebSocket, the HTTP application (`app`, `routes`) for everything else.
`outbox` owns every byte that goes to a WebSocket, `static_files` holds the built browser client.
`auth`, `origin`, `addresses` and `limits` say who may do how much.
"""
