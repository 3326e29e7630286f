// Package server is the door of Sluice: one port that speaks HTTP/1.1,
// cleartext HTTP/2 and TLS, finds out who calls what, turns bytes into the
// AWS SDK's shapes and back, and hands the call to the room that was mounted
// for it. It knows no service: what a service looks like comes from the
// models in server/wire, what it does from the methods of its room.
//
// A request passes these stations, in this order:
//
//	entrance   first byte: TLS, HTTP/2 or HTTP/1.1              sniff.go, tls.go
//	lane       plain requests in HTTP/1.1, before net/http      lane.go, lanehead.go, laneanswer.go
//	ServeHTTP  request id, panic safety, one event per call     server.go, exchange.go
//	guard      foreign web origins, Host of admin calls         origin.go
//	route      admin, target, path, scope, action, REST, plain  routes.go
//	body       limit, gzip, memory budget                       body.go, budget.go
//	front      what each protocol answers to odd requests       front_*.go
//	perform    types, authentication, constraints               perform.go
//	gate       which instance is mounted right now              gate.go
//	room       the operation itself                             mount.go
//	answer     large ones in pieces, out of lent memory         lend.go
//
// Configuration uses two clocks: host time for everything about connections,
// service time only to show and move it on the admin paths.
package server
