package server

import (
	"reflect"
	"slices"
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
	// Whole are the members whose values have further short forms than a name,
	// with what spells them out as an ARN.
	Whole map[string]func(who caller.Caller, value string) string
	// Several are the parts of a call about several resources, nil for others;
	// nil where there are no such calls.
	Several func(in any) []Part
	// Closed tells that the room has no policies that open it to other accounts.
	Closed bool
	// Inside tells that the room asks by itself where the input does not name
	// what it is about.
	Inside bool
	// Room tells that the room asks by itself whatever the call is about.
	Room bool
	// Free are the operations that need no permission, and that no policy denies.
	Free []string
}

// Part is one of several resources that a call is about: what is done to it, and
// the member that names it, and the name.
type Part struct{ Operation, Member, Name string }

// Guard sets how policies name what a mounted service does. It is called
// before Install.
func (m *Mounts) Guard(serviceID string, g Guard) {
	if s := m.service(serviceID); s != nil {
		s.guard = g
	}
}

// permit asks the policies of the caller, where it has any, whether it may make
// this call, and refuses what is another account's where the room has no policy
// that could open it. Where nobody checks signatures there are none.
func (x *exchange) permit(a attempt, in any) *wire.Fault {
	g := &a.service.guard
	if x.identity == nil || len(x.identity.Grants) == 0 && !g.Closed || slices.Contains(g.Free, a.op.Name) {
		return nil
	}
	who := caller.Caller{Account: x.event.Account, Region: x.event.Region, AccessKeyID: x.scope.key, Ask: x}
	if g.Several != nil {
		if parts := g.Several(in); parts != nil {
			for _, part := range parts {
				if f := g.ask(a.service, who, part.Operation, g.arn(a.service, who, part.Member, part.Name)); f != nil {
					return f
				}
			}
			return nil
		}
	}
	return g.ask(a.service, who, a.op.Name, g.resource(a.service, a.op, who, in))
}

// ask asks about one resource, an empty one where only the room can tell.
func (g *Guard) ask(s *service, who caller.Caller, operation, resource string) *wire.Fault {
	if resource == "" {
		return nil
	}
	q := access.Ask(who, g.action(s, operation), resource)
	err := q.OfIdentity()
	if err == nil && g.Closed && foreign(resource, who.Account) {
		err = q.Refused()
	}
	if err != nil {
		return clientFault("AccessDeniedException", s.authStatus, err.Error())
	}
	return nil
}

// foreign tells whether an ARN is of another account.
func foreign(resource, account string) bool {
	parts := strings.SplitN(resource, ":", 6)
	return len(parts) == 6 && parts[4] != account
}

func (g *Guard) prefix(s *service) string {
	if g.Prefix != "" {
		return g.Prefix
	}
	return s.SigningName
}

func (g *Guard) action(s *service, name string) string {
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
		return g.arn(s, who, name, field.Elem().String())
	}
	if g.Inside {
		return ""
	}
	return "*"
}

// arn is the ARN of what a member names.
func (g *Guard) arn(s *service, who caller.Caller, member, value string) string {
	if whole := g.Whole[member]; whole != nil {
		return whole(who, value)
	}
	if strings.HasPrefix(value, "arn:") {
		return value
	}
	return "arn:" + arn.Partition(who.Region) + ":" + g.prefix(s) + ":" + who.Region + ":" + who.Account + ":" + g.Resources[member] + value
}
