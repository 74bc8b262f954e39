package profile

import "maps"

// millimetrePerMillisecond is that speed in metres per hour.
const millimetrePerMillisecond = 3600

// Lengths is the profile by which a way takes as many milliseconds as it has
// millimetres, and so does the walk to the network: least times are shortest
// lengths. It opens the same ways in the same directions, minds the same barriers
// and turn restrictions and joins points to the same ways; nothing delays, and a
// ferry counts by its length.
func (p *Profile) Lengths() *Profile {
	r := p.rules
	same := func(k kmh) kmh {
		if k == 0 {
			return 0
		}
		return millimetrePerMillisecond
	}
	r.MaxSpeed, r.WalkSpeed, r.PushSpeed, r.Factor = same(r.MaxSpeed), same(r.WalkSpeed), same(r.PushSpeed), 0
	r.Classes = maps.Clone(r.Classes)
	for name, c := range r.Classes {
		c.Speed, c.OwnSpeed, c.Top, c.Factor = same(c.Speed), same(c.OwnSpeed), 0, 0
		r.Classes[name] = c
	}
	r.Caps = maps.Clone(r.Caps)
	for key, caps := range r.Caps {
		caps = maps.Clone(caps)
		for value, most := range caps {
			caps[value] = ceiling(same(kmh(most)))
		}
		r.Caps[key] = caps
	}
	r.Nodes = maps.Clone(r.Nodes)
	for key, values := range r.Nodes {
		values = maps.Clone(values)
		for value := range values {
			values[value] = passage{Closed: values[value].Closed}
		}
		r.Nodes[key] = values
	}
	return &Profile{rules: r, lengths: true}
}
