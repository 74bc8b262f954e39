// Package fetchtest is a server that publishes the official sources of a
// made-up intercommunality, each file in its publisher's form: names, archive
// layout, separators, quotes, encodings and columns as in the real ones, for a
// handful of records. It is a real HTTP server on the loopback: what goes wrong
// with publishers can be made to go wrong with it.
package fetchtest

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata/crs"
)

// The made-up EPCI: two communes side by side in department 49, five cells of
// 200 m in a row, a road along them and on into commune 53901 of department 53,
// outside the EPCI but within its buffer.
//
//	  commune 49901    | 49902    | 53901 (department 53)
//	c0 ── c1 ── c2 ── c3 ── c4 ── | ── c5
const (
	EPCI     = "249900019"
	EPCIName = "CC du Val Inventé"

	cornerX, cornerY = 3_537_000, 2_777_000 // EPSG:3035, the lower left corner of c0
	cell             = 200
)

// at is a place in metres east and north of c0's corner.
func at(t testing.TB, east, north float64) (lon, lat float64) {
	t.Helper()
	p, err := crs.ToWGS84(3035, cornerX+east, cornerY+north)
	if err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

func lonLat(t testing.TB, east, north float64) string {
	lon, lat := at(t, east, north)
	return fmt.Sprintf("%.5f,%.5f", lon, lat)
}

// People are the inhabitants of c0 to c5, of whom a tenth is 0 to 3 years old.
var People = []int{10, 20, 40, 80, 160, 320}

// Files returns all files by their names in the catalogue.
func Files(t testing.TB) map[string][]byte {
	t.Helper()
	own := []string{outline(t, "49901", -100, 600), outline(t, "49902", 600, 1000)}
	neighbour := outline(t, "53901", 1000, 1700)
	roads := pbf(t)
	sum := md5.Sum(roads)
	return map[string][]byte{
		"epcis.json": []byte(`[{"nom":"CC Anjou Loir et Sarthe","code":"200068955"},{"nom":"` + EPCIName + `","code":"` + EPCI + `"},` +
			`{"nom":"CC du Val de Sarthe","code":"247200348"},{"nom":"Laval Agglomération","code":"200083392"}]`),
		"communes-index.json": []byte("[" + strings.Join([]string{
			entry(t, "49901", "49", EPCI, 250), entry(t, "49902", "49", EPCI, 800), entry(t, "53901", "53", "200083392", 1350),
			`{"nom":"Ajaccio","code":"2A004","codeDepartement":"2A","codeRegion":"94","codeEpci":"242010056","centre":{"type":"Point","coordinates":[8.7,41.93]}}`,
			`{"nom":"Île-de-Sein","code":"29083","codeDepartement":"29","codeRegion":"53","centre":{"type":"Point","coordinates":[-4.85,48.04]}}`}, ",") + "]"),
		"communes-epci-" + EPCI + ".geojson": collection(own...),
		"communes-departement-49.geojson":    collection(own...),
		"communes-departement-53.geojson":    collection(neighbour),
		"Filosofi2021_carreaux_200m_csv.zip": archive(t, "carreaux_200m_mart.csv", grid(0), "carreaux_200m_met.csv", grid(len(People)), "carreaux_200m_reun.csv", grid(0)),
		"base-cc-evol-struct-pop-2022_csv.zip": archive(t, "base-cc-evol-struct-pop-2022.CSV", census, "meta_base-cc-evol-struct-pop-2022.CSV",
			"\"COD_VAR\";\"LIB_VAR\"\n\"P22_POP\";\"Population en 2022\"\n"),
		"france-services.csv":                 []byte(franceServices(t)),
		"BPE25.zip":                           archive(t, "BPE25.csv", bpe(t)),
		"pays-de-la-loire-latest.osm.pbf":     roads,
		"pays-de-la-loire-latest.osm.pbf.md5": []byte(hex.EncodeToString(sum[:]) + "  pays-de-la-loire-latest.osm.pbf\n"),
		"timetables-index.json":               []byte(timetables),
		"gtfs-" + Timetable + ".zip": archive(t, "agency.txt", "agency_id,agency_name,agency_url,agency_timezone\n1,Aléop,https://aleop.example,Europe/Paris\n",
			"stops.txt", "stop_id,stop_name,stop_lat,stop_lon\nS1,Mairie,47.60,-0.45\n"),
	}
}

func entry(t testing.TB, code, department, epci string, east float64) string {
	return fmt.Sprintf(`{"nom":"Commune %s","code":"%s","codeDepartement":"%s","codeRegion":"52","codeEpci":"%s","centre":{"type":"Point","coordinates":[%s]}}`,
		code, code, department, epci, lonLat(t, east, 100))
}

func outline(t testing.TB, code string, west, east float64) string {
	epci, name := EPCI, EPCIName
	if code == "53901" {
		epci, name = "200083392", "Laval Agglomération"
	}
	var corners []string
	for _, c := range [][2]float64{{west, -100}, {east, -100}, {east, 300}, {west, 300}, {west, -100}} {
		corners = append(corners, "["+lonLat(t, c[0], c[1])+"]")
	}
	return `{"type":"Feature","properties":{"nom":"Commune ` + code + `","code":"` + code + `","population":100,"codeEpci":"` + epci + `","epci":{"code":"` + epci + `","nom":"` + name +
		`"}},"geometry":{"type":"Polygon","coordinates":[[` + strings.Join(corners, ",") + `]]}}`
}

func collection(features ...string) []byte {
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`)
}

// grid is Filosofi's table: 34 columns, comma, no quotes but around lists of communes.
func grid(cells int) string {
	var b strings.Builder
	b.WriteString("idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men,men_pauv,men_1ind,men_5ind,men_prop,men_fmp,ind_snv,men_surf,men_coll,men_mais," +
		"log_av45,log_45_70,log_70_90,log_ap90,log_inc,log_soc,ind_0_3,ind_4_5,ind_6_10,ind_11_17,ind_18_24,ind_25_39,ind_40_54,ind_55_64,ind_65_79,ind_80p,ind_inc\n")
	communes := []string{"49901", "49901", "49901", `"49901,49902"`, "49902", "53901"}
	for k := range cells {
		n, x := People[k], cornerX+k*cell
		fmt.Fprintf(&b, "CRS3035RES200mN%dE%d,CRS3035RES1000mN%dE%d,CRS3035RES1000mN%dE%d,0,0,%s,%d,%d,0,0,0,0,0,%d,0,0,0,0,0,0,0,0,0,%.1f,0,0,%.1f,0,%.1f,0,0,%.1f,0,0\n",
			cornerY, x, cornerY, cornerX, cornerY, cornerX, communes[k], n, n/2, 20_000*n, 0.1*float64(n), 0.1*float64(n), 0.6*float64(n), 0.2*float64(n))
	}
	if cells == 0 { // another zone, of which nothing is read
		b.WriteString("CRS5490RES200mN1600000E700000,x,x,0,0,97201" + strings.Repeat(",1", 28) + "\n")
	}
	return b.String()
}

// census is the communal base: semicolons, decimals with many digits, names in capitals.
const census = "CODGEO;P22_POP;P16_POP;P11_POP;P22_POP0014;P22_POP1529;P22_POP3044;P22_POP4559;P22_POP6074;P22_POP7589;P22_POP90P;P22_H0014\n" +
	"49901;155.25;150;140;30.25;20;25;30;25;20;5;15\n" +
	"49902;161;160;150;31;20;25;30;30;20;5;16\n" +
	"53901;330;300;290;60;50;60;60;60;30;10;30\n" +
	"75056;2113705;2190327;2249975;1;1;1;1;1;1;1;1\n"

func franceServices(t testing.TB) string {
	lon, lat := at(t, 900, 100)
	return `"id_fs","insee_dep","lib_fs","adresse","complement_adresse","insee_com","code_postal","lib_com","latitude","longitude","mail","telephone","h_lundi","h_mardi","h_mercredi","h_jeudi","h_vendredi","h_samedi","prise_rdv","commentaire","type_fs","format_fs","groupe_fs","labellisation_fs"` + "\n" +
		fmt.Sprintf(`"9001","49","France services du Val Inventé","1 Rue de l'Église",,"49902","49000","Commune 49902",%.6f,%.6f,"a@example.org","02 41 00 00 00","08:30 - 12:00 / 13:30 - 17:00","08:30 - 12:00","08:30 - 12:00","08:30 - 12:00","08:30 - 12:00",,"Non",,"Principal","Fixe",,"Espace labellisé 01/09/2020"`, lat, lon) + "\n" +
		`"1","01","France services de Valserhône","5-9 Rue des Papetiers",,"01033","01200","Valserhône",46.1060711578546,5.8260084241619,"b@example.org","04 50 00 00 00","13:30 - 17:00",,,,,,"Non",,"Principal","Fixe",,"Espace labellisé 01/01/2020"` + "\n"
}

// bpeColumns is the header of BPE25.csv, all 95 of it.
const bpeColumns = "AN APET NOMRS CNOMRS NUMVOIE INDREP TYPVOIE LIBVOIE CADR CODPOS DEPCOM DEP REG LIBCOM DOM SDOM TYPEQU SIRET STATUT_DIFFUSION CANTINE INTERNAT RPI EP CL_PGE SECT SECTEUR " +
	"ACCES_AIRE_PRATIQUE ACCES_LIBRE ACCES_SANITAIRE ACCES_VESTIAIRE CAPACITE_D_ACCUEIL PRES_DOUCHE PRES_SANITAIRE SAISONNIER COUVERT ECLAIRE CATEGORIE MULTIPLEXE STRUCTURE_EXERCICE SPECIALITE ACCUEIL " +
	"ITINERANCE MODE_GESTION SSTYPHEB TYPE TYPERESTO IMPLANTATION_STATION GPL CAPACITE INDIC_CAPA NBEQUIDENT INDIC_NBEQUIDENT NBSALLES INDIC_NBSALLES NBLIEUX INDIC_NBLIEUX NB_PDC INDIC_NB_PDC NB_PDC_PA " +
	"INDIC_NB_PDC_PA NB_PDC_ACCELEREE INDIC_NB_PDC_ACCELEREE NB_PDC_LENTE INDIC_NB_PDC_LENTE NB_PDC_RAPIDE INDIC_NB_PDC_RAPIDE NB_PDC_ULTRARAPIDE INDIC_NB_PDC_ULTRARAPIDE NB_JOURS_OUVERT " +
	"INDIC_NB_JOURS_OUVERT LAMBERT_X LAMBERT_Y LONGITUDE LATITUDE QUALITE_XY EPSG QUALITE_GEOLOC TR_DIST_PRECISION DCIRIS QUALI_IRIS IRISEE QP2024 QUALI_QP2024 QP2015 QUALI_QP2015 QVA QUALI_QVA ZUS QUALI_ZUS " +
	"EPCI UU2020 BV2022 AAV2020 DENS3 DENS7"

// bpe is the table of facilities: semicolons, text in quotes, numbers bare, _Z
// where a column does not apply.
func bpe(t testing.TB) string {
	columns := strings.Fields(bpeColumns)
	if len(columns) != 95 {
		t.Fatalf("%d columns", len(columns))
	}
	row := func(values map[string]string) string {
		var fields []string
		for _, c := range columns {
			v, ok := values[c]
			switch {
			case !ok:
				v = `"_Z"`
			case c != "LAMBERT_X" && c != "LAMBERT_Y" && c != "LONGITUDE" && c != "LATITUDE":
				v = `"` + v + `"`
			}
			fields = append(fields, v)
		}
		return strings.Join(fields, ";") + "\n"
	}
	text := `"` + strings.Join(columns, `";"`) + "\"\n"
	for _, f := range []struct {
		name, kind string
		east       float64
	}{{"LES LUTINS", "D502", 0}, {"_Z", "D509", 500}, {"ACCUEIL DE LOISIRS", "D505", 300}, {"MAIRIE", "A129", 100}, {"EHPAD DU VAL", "D401", 700}, {"RESTAURANT", "A504", 100}, {"FRANCE SERVICES", "A128", 900}} {
		lon, lat := at(t, f.east, 100)
		x, y, err := crs.FromWGS84(2154, orb.Point{lon, lat})
		if err != nil {
			t.Fatal(err)
		}
		text += row(map[string]string{"AN": "2025", "NOMRS": f.name, "DEPCOM": "49901", "DEP": "49", "REG": "52", "LIBCOM": "COMMUNE 49901", "TYPEQU": f.kind,
			"LAMBERT_X": fmt.Sprintf("%.0f", x), "LAMBERT_Y": fmt.Sprintf("%.0f", y), "LONGITUDE": fmt.Sprintf("%.5f", lon), "LATITUDE": fmt.Sprintf("%.5f", lat),
			"QUALITE_XY": "B", "EPSG": "2154", "QUALITE_GEOLOC": "11", "EPCI": EPCI})
	}
	return text + row(map[string]string{"AN": "2025", "NOMRS": "DZOUMOGNE BP", "DEPCOM": "97602", "DEP": "976", "TYPEQU": "A206", "LAMBERT_X": "", "LAMBERT_Y": "", "LONGITUDE": "", "LATITUDE": "", "QUALITE_XY": "_Z", "EPSG": "4471"})
}

// Timetable is the id of the one network that runs in the EPCI.
const Timetable = "0a1b2c3d-aaaa-bbbb-cccc-000000000001"

const timetables = `[{"id":"d1","datagouv_id":"d1","title":"Réseau régional inventé","slug":"invente","type":"public-transit","licence":"odc-odbl","publisher":{"name":"Région inventée","type":"organization"},` +
	`"covered_area":[{"insee":"52","nom":"Pays de la Loire","type":"region"}],"resources":[{"id":1,"datagouv_id":"` + Timetable + `","format":"GTFS","is_available":true,"title":"gtfs.zip","url":"https://transport.example/gtfs.zip"},` +
	`{"id":2,"datagouv_id":"0a1b2c3d-aaaa-bbbb-cccc-000000000002","format":"gtfs-rt","url":"https://transport.example/rt"}]},` +
	`{"id":"d2","title":"Réseau d'ailleurs","type":"public-transit","licence":"lov2","publisher":{"name":"Ailleurs"},"covered_area":[{"insee":"2A004","nom":"Ajaccio","type":"commune"}],` +
	`"resources":[{"id":3,"datagouv_id":"0a1b2c3d-aaaa-bbbb-cccc-000000000003","format":"GTFS","url":"https://transport.example/b.zip"}]},` +
	`{"id":"d3","title":"Vélos","type":"bike-data","covered_area":[{"insee":"52","type":"region"}],"resources":[{"id":4,"datagouv_id":"x","format":"GTFS","url":"https://transport.example/c.zip"}]}]`

func archive(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		m, err := w.Create(parts[i])
		if err == nil {
			_, err = m.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pbf is an OpenStreetMap extract with one road through all cells, a node every
// 100 m, written by hand: dense nodes, one way, blobs packed with zlib.
func pbf(t testing.TB) []byte {
	var ids, lats, lons, refs []int64
	for i := range 15 {
		lon, lat := at(t, float64(100*i), 100)
		ids, lats, lons = append(ids, int64(i+1)), append(lats, int64(lat*1e7)), append(lons, int64(lon*1e7))
		refs = append(refs, int64(i+1))
	}
	header := field(4, []byte("OsmSchema-V0.6"))
	header = append(header, field(4, []byte("DenseNodes"))...)
	var strings []byte
	for _, s := range []string{"", "highway", "residential", "name", "Rue Inventée"} {
		strings = append(strings, field(1, []byte(s))...)
	}
	dense := append(append(field(1, deltas(ids)), field(8, deltas(lats))...), field(9, deltas(lons))...)
	way := append(binary.AppendUvarint([]byte{1 << 3}, 7), field(2, []byte{1, 3})...)
	way = append(append(way, field(3, []byte{2, 4})...), field(8, deltas(refs))...)
	block := append(field(1, strings), field(2, field(2, dense))...)
	block = append(block, field(2, field(3, way))...)
	return append(blob(t, "OSMHeader", header), blob(t, "OSMData", block)...)
}

func field(number int, data []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(number<<3|2))
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}

func deltas(values []int64) (b []byte) {
	last := int64(0)
	for _, v := range values {
		b = binary.AppendVarint(b, v-last) // zigzag, as sint64
		last = v
	}
	return b
}

func blob(t testing.TB, kind string, data []byte) []byte {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	body := append(binary.AppendUvarint([]byte{2 << 3}, uint64(len(data))), field(3, packed.Bytes())...)
	header := append(field(1, []byte(kind)), binary.AppendUvarint([]byte{3 << 3}, uint64(len(body)))...)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(header)))
	return append(append(out, header...), body...)
}
