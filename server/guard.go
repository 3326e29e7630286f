package server

import (
	"reflect"
	"strings"

	"sluice/internal/access"
	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/server/wire"
)

// Guard says how policies of identities name the actions and resources of a
// service. The zero value is right for those whose prefix is their name in
// signatures and whose resources are named by ARN or not at all.
type Guard struct {
	// Prefix stands before the colon of an action; default the signing name.
	Prefix string
	// Actions are those whose name is not that of the operation.
	Actions map[string]string
	// Resources are what stands before a name in the last part of an ARN, by the
	// member of the input that holds the name: "StreamName": "stream/".
	Resources map[string]string
	// Inside tells that the room asks by itself where the input does not name
	// what it is about.
	Inside bool
	// Room tells that the room asks by itself whatever the call is about.
	Room bool
}

// Guard sets how policies name what a mounted service does. It is called
// before Install.
func (m *Mounts) Guard(serviceID string, g Guard) {
	if s := m.service(serviceID); s != nil {
		s.guard = g
	}
}

// permit asks the policies of the caller, where it has any, whether it may make
// this call. Where nobody checks signatures there are none.
func (x *exchange) permit(a attempt, in any) *wire.Fault {
	if x.identity == nil || len(x.identity.Grants) == 0 {
		return nil
	}
	who := caller.Caller{Account: x.event.Account, Region: x.event.Region, AccessKeyID: x.scope.key, Ask: x}
	action, resource := a.service.guard.action(a.service, a.op), a.service.guard.resource(a.service, a.op, who, in)
	if resource == "" {
		return nil // only the room can tell, and asks
	}
	err := access.Ask(who, action, resource).OfIdentity()
	if err == nil {
		return nil
	}
	return clientFault("AccessDeniedException", a.service.authStatus, err.Error())
}

func (g *Guard) prefix(s *service) string {
	if g.Prefix != "" {
		return g.Prefix
	}
	return s.SigningName
}

func (g *Guard) action(s *service, op *operation) string {
	name := op.Name
	if other := g.Actions[name]; other != "" {
		name = other
	}
	return g.prefix(s) + ":" + name
}

// resource is the ARN of what a call is about, "*" for calls that are about
// nothing, empty where it cannot be told from the input.
func (g *Guard) resource(s *service, op *operation, who caller.Caller, in any) string {
	if g.Room {
		return ""
	}
	if op.resource == nil {
		return "*"
	}
	v := reflect.ValueOf(in).Elem()
	for _, name := range resourceNames {
		field := v.FieldByName(name)
		if !field.IsValid() || field.Type() != reflect.TypeFor[*string]() || field.IsNil() {
			continue
		}
		value := field.Elem().String()
		if strings.HasPrefix(value, "arn:") {
			return value
		}
		return "arn:" + arn.Partition(who.Region) + ":" + g.prefix(s) + ":" + who.Region + ":" + who.Account + ":" + g.Resources[name] + value
	}
	if g.Inside {
		return ""
	}
	return "*"
}
