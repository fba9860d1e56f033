// Package lwm2m is the little of an LwM2M client that a bench needs: it registers a unit with a server, updates the registration and
// takes it back, or lets a bootstrap server run through its steps, and says in words why a server refuses. It runs over any
// connection that carries datagrams ([coap.Conn]): the DTLS session of this computer, or a socket of the modem.
//
// It has no objects. What a server asks of the unit meanwhile is answered politely with 4.04, so that it goes on; what a bootstrap
// server writes is acknowledged and forgotten. There is no block-wise transfer: nothing here is longer than a datagram, and a server that
// insists on blocks is told 4.02.
//
// Read register.go for the registration, bootstrap.go for the other kind of server, refusal.go for what the answers mean.
package lwm2m
