// Package fetch answers: where are the official data of a French
// intercommunality (EPCI), and are they here, whole and unchanged?
//
// Run takes the SIREN or the name of an EPCI and brings its sources, and those of
// its surroundings, into a cache. catalogue.yaml, embedded, says of each what it
// is, who publishes it, where, under which licence and of when:
//
//	id                what                                        publisher           form                        needed
//	epcis             all EPCI, to find one by name               API Découpage       JSON                        yes
//	communes-index    all communes and their centres, to know     API Découpage       JSON                        yes
//	                  which departments a buffer reaches
//	communes          outlines of the EPCI's communes             API Découpage       GeoJSON                     yes
//	neighbours        outlines of each department around          API Découpage       GeoJSON                     no
//	grid              Filosofi, people and ages by 200 m cell     INSEE               CSV in zip                  yes
//	census            population by age and commune               INSEE               CSV in zip                  no
//	france_services   France Services places and their hours      ANCT                CSV                         no
//	bpe               facilities with coordinates                 INSEE               CSV in zip, 1.5 GB unpacked no
//	roads             OpenStreetMap, by region before 2016        Geofabrik           PBF, with its MD5           yes
//	timetables-index  networks and where they run                 Point d'accès       JSON                        no
//	timetables        GTFS of the networks that run there         the networks        zip                         no
//
// The census becomes that of the territory (geodata.CensusRow), for each of the
// years in it. Timetables are kept as files and recorded as sources: nothing reads them yet.
// Nobody has checked the addresses against the publishers' servers for this
// catalogue ("checked: unknown"): an address can be given anew for each source,
// and a folder or a server that has all files under their names can stand for
// all publishers (Options.URLs, Options.Mirror).
//
// # How it fetches
//
// No more than two files of one publisher at a time. A transfer goes into a part
// file; one that breaks or stands still goes on where it stopped, if ETag or date
// say that the file is still the same, else from its beginning. What may pass
// (a broken connection, 429, 500, 502, 503, 504) is tried again, ever later,
// as late as Retry-After asks (five minutes at most), until several tries in a row
// bring no new byte. What does not pass (404, a page where data should be, a
// wrong certificate) is an error at once. A cancelled context leaves the parts.
//
// What came is checked before it gets its name: its kind, its end (a zip
// archive, JSON and PBF show when it is missing), the columns that are read, the
// publisher's checksum. Its SHA-256 stands in a lock file beside it: a file of the
// cache that somebody changed is noticed and fetched again. Nothing is asked of
// the publishers for what is in the cache, unless Options.Refresh says so.
//
// Sources fail one by one; the others go on. Each File says what became of it.
package fetch
