// Package analyses holds what the answers of all analyses have in common: a
// Result is layers with provenance. Each question a planner asks is a package
// below this one, with Params, Run(ctx, …) and a Result.
package analyses
