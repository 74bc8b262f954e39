package analyses

// Version is the version of the methods, part of every provenance: results of
// two versions may differ for the same snapshot and parameters.
const Version = "0.2.0"
