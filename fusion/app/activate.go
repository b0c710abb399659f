package app

import (
	"context"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules"
)

// Activate gives the running room other rules, with the areas and parameters
// that it has: the bundle goes to the object store and a message on the log
// activates it. It returns when the engine has applied that.
func (r *Room) Activate(ctx context.Context, q desk.ActivateRequest) (reply desk.ActivateReply, err error) {
	r.activating.Lock()
	defer r.activating.Unlock()
	reply.Former = r.loop.status().bundle
	former, err := r.bundles.get(reply.Former)
	if err != nil {
		return reply, err
	}
	content, err := r.bundles.withRules(ctx, reply.Former, q.Rules)
	if err != nil {
		return reply, err
	}
	if reply.Bundle, err = r.bundles.put(ctx, content); err != nil {
		return reply, err
	}
	next, err := r.bundles.get(reply.Bundle)
	if err != nil {
		return reply, err
	}
	compareRules(&reply, former.Rules, next.Rules)
	if reply.Bundle == reply.Former {
		return reply, nil
	}
	message, err := fusion.Encode(engine.Activation{Bundle: reply.Bundle, Engine: engine.Version})
	if err != nil {
		return reply, err
	}
	if reply.Sequence, err = r.roomLog.Publish(ctx, fusion.SubjectConfig, message, 0, nil); err != nil {
		return reply, err
	}
	return reply, r.loop.applied(ctx, reply.Sequence)
}

// compareRules says whose windows an activation keeps: those of the rules
// whose version is the same.
func compareRules(reply *desk.ActivateReply, former, next *rules.Set) {
	for _, rule := range former.Rules() {
		if now := next.Rule(rule.ID); now != nil && now.Version == rule.Version {
			reply.Kept = append(reply.Kept, rule.ID)
		} else {
			reply.Dropped = append(reply.Dropped, rule.ID)
		}
	}
	for _, rule := range next.Rules() {
		if before := former.Rule(rule.ID); before == nil || before.Version != rule.Version {
			reply.Begun = append(reply.Begun, rule.ID)
		}
	}
}
