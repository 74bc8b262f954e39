import type { Service, Text } from './api';

export type Lang = 'fr' | 'en';

/** How a sentence names a known service ("d'une crèche") and its public; other services go by their catalogue labels. */
interface Phrase { near: string; public: string }

const fr = {
  title: 'Maillage',
  tagline: 'Qui vit près de quel service ?',
  language: 'Langue',
  modelled: 'Données modélisées',
  modelledWhy: 'Population, contours ou routes viennent d’un modèle, non de relevés : les ordres de grandeur comptent, pas l’adresse.',
  skip: 'Aller aux résultats',
  question: 'La question',
  service: 'Service',
  places: (n: number) => (n === 0 ? 'aucun lieu' : n === 1 ? '1 lieu' : `${n} lieux`),
  mode: 'Mode de déplacement',
  modes: { car: 'Voiture', bike: 'Vélo', foot: 'À pied' } as Record<string, string>,
  byMode: { car: 'en voiture', bike: 'à vélo', foot: 'à pied' } as Record<string, string>,
  time: 'Temps de trajet acceptable',
  minutes: (n: string) => `${n} min`,
  minutesLong: (n: number) => (n === 1 ? '1 minute' : `${n} minutes`),
  usual: 'Seuils usuels du service',
  planned: 'Compter aussi les lieux en projet',
  noPlanned: 'Aucun lieu en projet pour ce service',
  answer: 'La réponse',
  sentence: (n: string, all: string, who: string, t: string, near: string, by: string) =>
    `${n} ${who} sur ${all} vivent à ${t} ou moins ${near} ${by}.`,
  median: (m: string) => `La moitié des personnes desservies est à ${m} ou moins.`,
  noDemand: (who: string) => `Personne à desservir : la grille ne compte aucun(e) ${who} ici.`,
  noFacility: 'Aucun lieu de ce service n’est connu ici : personne n’est desservi.',
  tryPlanned: (n: number) => (n === 1 ? 'Un lieu est en projet : cochez la case pour le compter.' : `${n} lieux sont en projet : cochez la case pour les compter.`),
  unknownPhrase: (label: string) => `du service « ${label} »`,
  legend: 'Temps jusqu’au lieu le plus proche',
  within: (t: string) => `${t} ou moins`,
  between: (a: string, b: string) => `de ${a} à ${b}`,
  beyond: (t: string) => `plus de ${t}`,
  unreachable: 'sans accès par la route',
  offNetwork: 'loin de toute route',
  existing: 'lieu ouvert',
  plannedPlace: 'lieu en projet',
  itinerantPlace: 'service itinérant (non compté)',
  curve: 'Part desservie selon le temps',
  curveLabel: (t: string, p: string) => `À ${t} : ${p} des personnes concernées.`,
  communes: 'Par commune',
  communesHint: 'Un clic sur une commune la montre sur la carte.',
  commune: 'Commune',
  concerned: 'Public',
  covered: 'Desservi',
  share: 'Part',
  sortBy: (column: string) => `Trier par ${column.toLowerCase()}`,
  total: 'Ensemble',
  ages: 'Par âge',
  age: 'Âge',
  people: 'Habitants',
  facilities: 'Les lieux',
  status: { existing: 'Ouvert', planned: 'En projet', candidate: 'Candidat' } as Record<string, string>,
  itinerant: 'Itinérant, non compté',
  capacity: (n: string) => `${n} places`,
  accessible: { yes: 'Accessible aux personnes handicapées', limited: 'Accès partiel aux personnes handicapées', no: 'Non accessible aux personnes handicapées' } as Record<string, string>,
  hours: 'Horaires',
  closed: 'fermé',
  always: 'jour et nuit',
  download: 'Télécharger',
  downloads: { geojson: 'GeoJSON', csv: 'Tableur (CSV)', gpkg: 'QGIS (GeoPackage)' } as Record<string, string>,
  share_link: 'Copier le lien',
  copied: 'Lien copié',
  print: 'Imprimer',
  apiDocs: 'API',
  about: 'À savoir',
  sources: 'Sources',
  grid: (name: string, size: number, year: number) => `${name}${size ? `, carreaux de ${size} m` : ''}${year ? `, ${year}` : ''}`,
  snapshot: 'Version des données',
  licences: 'Licences des bibliothèques',
  layers: { communes: 'Communes', population: 'Population', facilities: 'Lieux', roads: 'Routes' } as Record<string, string>,
  map: 'Carte du temps de trajet',
  mapHelp: 'Carte et légende',
  whole: 'Tout le territoire',
  zoomIn: 'Zoomer',
  zoomOut: 'Dézoomer',
  close: 'Fermer',
  loading: 'Chargement…',
  computing: 'Calcul…',
  trial: 'Essai',
  tryPlace: 'Essayer un lieu',
  tryAnother: 'Essayer un autre lieu',
  undo: 'Annuler',
  reset: 'Tout remettre',
  tried: (n: number) => `Lieu à l’essai ${n}`,
  triedOff: 'trop loin de toute route',
  triedMarker: (n: number) => `Lieu à l’essai ${n} : glisser, ou flèches du clavier ; Suppr pour retirer`,
  triedPlace: 'lieu à l’essai',
  closedPlace: 'lieu fermé (essai)',
  remove: 'Retirer',
  removeTried: (n: number) => `Retirer le lieu à l’essai ${n}`,
  trialStart: 'Essayez un lieu, fermez-en un d’un clic sur la carte ou dans la liste des lieux, fermez une route : carte et chiffres suivent.',
  trialHint: 'Les fichiers à télécharger ne comptent pas l’essai.',
  dragHint: 'Faites glisser le repère, ou déplacez-le avec les flèches.',
  counts: {
    added: (n: number) => (n === 1 ? '1 lieu ajouté' : `${n} lieux ajoutés`),
    closed: (n: number) => (n === 1 ? '1 lieu fermé' : `${n} lieux fermés`),
    resized: (n: number) => (n === 1 ? '1 lieu d’une autre taille' : `${n} lieux d’une autre taille`),
    roads: (n: number) => (n === 1 ? '1 route fermée' : `${n} routes fermées`),
    speeds: 'autres vitesses',
  },
  change: (n: string, who: string, t: string) => `${n} ${who} à ${t} ou moins`,
  noChange: (t: string) => `Personne de plus ni de moins à ${t} ou moins`,
  beforeAfter: (before: string, after: string) => `${before} sans l’essai, ${after} avec`,
  trialPlaces: (before: string, after: string) => `Places connues : ${before} sans l’essai, ${after} avec`,
  trialPlacesEach: (n: string) => `${n} pour 100 personnes qui ont un lieu`,
  shut: 'Fermer ce lieu (essai)',
  shutShort: 'Fermer',
  shutNamed: (name: string) => `Fermer (essai) : ${name}`,
  reopen: 'Rouvrir',
  reopenNamed: (name: string) => `Rouvrir ${name}`,
  shutState: 'Fermé (essai)',
  capacityLabel: 'Places',
  capacityUnknown: 'inconnu',
  capacityNow: (before: string, now: string) => `${before} → ${now} places`,
  capacityNew: (now: string) => `${now} places`,
  resetPlaces: 'Remettre',
  resetPlacesNamed: (name: string) => `Remettre le nombre de places : ${name}`,
  facts: 'Ce qui en est connu',
  notCounted: 'La question ne compte pas ce lieu.',
  roadsTitle: 'Routes',
  closeRoad: 'Fermer une route',
  picking: 'Choisissez sur la carte la route à fermer.',
  pickingKeys: 'Au clavier : flèches, puis Entrée.',
  pickCentre: 'La route au centre',
  pickLeave: 'Quitter',
  noRoad: 'Aucune route ouverte n’est assez près de ce point.',
  closedRoad: 'route fermée (essai)',
  unnamedRoad: 'Voie sans nom',
  speeds: 'Vitesses',
  speedNormal: 'inchangée',
  speedChange: (p: number) => `${signed(p, 'fr')}\u202f%`,
  speedClasses: {
    motorway: 'autoroutes', trunk: 'voies rapides', primary: 'routes principales', secondary: 'routes secondaires', tertiary: 'routes tertiaires',
    unclassified: 'petites routes', residential: 'rues', service: 'voies de desserte', other: 'autres',
  } as Record<string, string>,
  routeAsMapped: 'Ce trajet ne tient pas compte des routes fermées ni des vitesses à l’essai.',
  liveDown: 'La connexion est perdue : les chiffres ne suivent plus l’essai.',
  cellPeople: (n: string) => (n === '0' || n === '1' ? `${n} habitant` : `${n} habitants`),
  cellConcerned: (n: string, who: string) => `${who} : ${n}`,
  cellTo: (name: string) => `vers ${name}`,
  cellRoute: 'Un clic montre le trajet.',
  routeTo: (name: string, by: string) => `Trajet vers ${name}, ${by}`,
  routeRoads: 'Les voies du trajet',
  routeRoad: 'Voie',
  metres: 'mètres',
  routeFailed: 'Le trajet n’arrive pas.',
  errorTitle: 'La réponse n’arrive pas',
  errorDown: 'Le serveur ne répond pas. Est-il encore lancé ?',
  errorMap: 'Ce navigateur ne sait pas dessiner la carte (WebGL absent). Les chiffres restent justes.',
  retry: 'Réessayer',
  days: ['lun.', 'mar.', 'mer.', 'jeu.', 'ven.', 'sam.', 'dim.'],
  phrases: {
    creche: { near: 'd’une crèche', public: 'enfants de moins de 3 ans' },
    alsh: { near: 'd’un accueil de loisirs', public: 'enfants de 3 à 11 ans' },
    youth: { near: 'd’un accueil jeunes', public: 'jeunes de 11 à 17 ans' },
    france_services: { near: 'd’un guichet France Services', public: 'habitants' },
    senior: { near: 'd’un service aux personnes âgées', public: 'personnes de 65 ans et plus' },
    social_centre: { near: 'd’un centre social ou d’un point d’ancrage', public: 'habitants' },
    town_hall: { near: 'd’une mairie', public: 'habitants' },
  } as Record<string, Phrase>,
};

const en: typeof fr = {
  title: 'Maillage',
  tagline: 'Who lives near which service?',
  language: 'Language',
  modelled: 'Modelled data',
  modelledWhy: 'Population, outlines or roads come from a model, not from surveys: orders of magnitude count, not addresses.',
  skip: 'Skip to the results',
  question: 'The question',
  service: 'Service',
  places: (n) => (n === 0 ? 'no place' : n === 1 ? '1 place' : `${n} places`),
  mode: 'Way to travel',
  modes: { car: 'Car', bike: 'Bicycle', foot: 'On foot' },
  byMode: { car: 'by car', bike: 'by bicycle', foot: 'on foot' },
  time: 'Acceptable travel time',
  minutes: (n) => `${n} min`,
  minutesLong: (n) => (n === 1 ? '1 minute' : `${n} minutes`),
  usual: 'Usual thresholds of the service',
  planned: 'Count planned places too',
  noPlanned: 'No place is planned for this service',
  answer: 'The answer',
  sentence: (n, all, who, t, near, by) => `${n} of ${all} ${who} live within ${t} ${near} ${by}.`,
  median: (m) => `Half of the people reached are within ${m}.`,
  noDemand: (who) => `Nobody to serve: the grid counts no ${who} here.`,
  noFacility: 'No place of this service is known here: nobody is served.',
  tryPlanned: (n) => (n === 1 ? 'One place is planned: tick the box to count it.' : `${n} places are planned: tick the box to count them.`),
  unknownPhrase: (label) => `of “${label}”`,
  legend: 'Time to the nearest place',
  within: (t) => `${t} or less`,
  between: (a, b) => `${a} to ${b}`,
  beyond: (t) => `more than ${t}`,
  unreachable: 'no road leads there',
  offNetwork: 'far from any road',
  existing: 'open place',
  plannedPlace: 'planned place',
  itinerantPlace: 'itinerant service (not counted)',
  curve: 'Share served by travel time',
  curveLabel: (t, p) => `Within ${t}: ${p} of the people concerned.`,
  communes: 'By commune',
  communesHint: 'Click a commune to see it on the map.',
  commune: 'Commune',
  concerned: 'People',
  covered: 'Served',
  share: 'Share',
  sortBy: (column) => `Sort by ${column.toLowerCase()}`,
  total: 'All',
  ages: 'By age',
  age: 'Age',
  people: 'Inhabitants',
  facilities: 'The places',
  status: { existing: 'Open', planned: 'Planned', candidate: 'Candidate' },
  itinerant: 'Itinerant, not counted',
  capacity: (n) => `${n} places`,
  accessible: { yes: 'Accessible to disabled people', limited: 'Partly accessible to disabled people', no: 'Not accessible to disabled people' },
  hours: 'Opening hours',
  closed: 'closed',
  always: 'day and night',
  download: 'Download',
  downloads: { geojson: 'GeoJSON', csv: 'Spreadsheet (CSV)', gpkg: 'QGIS (GeoPackage)' },
  share_link: 'Copy the link',
  copied: 'Link copied',
  print: 'Print',
  apiDocs: 'API',
  about: 'Good to know',
  sources: 'Sources',
  grid: (name, size, year) => `${name}${size ? `, ${size} m cells` : ''}${year ? `, ${year}` : ''}`,
  snapshot: 'Data version',
  licences: 'Licences of the libraries',
  layers: { communes: 'Communes', population: 'Population', facilities: 'Places', roads: 'Roads' },
  map: 'Map of travel times',
  mapHelp: 'Map and legend',
  whole: 'Whole territory',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  close: 'Close',
  loading: 'Loading…',
  computing: 'Computing…',
  trial: 'Trial',
  tryPlace: 'Try a place',
  tryAnother: 'Try another place',
  undo: 'Undo',
  reset: 'Put all back',
  tried: (n) => `Place on trial ${n}`,
  triedOff: 'too far from any road',
  triedMarker: (n) => `Place on trial ${n}: drag it, or use the arrow keys; Delete to remove`,
  triedPlace: 'place on trial',
  closedPlace: 'closed place (trial)',
  remove: 'Remove',
  removeTried: (n) => `Remove place on trial ${n}`,
  trialStart: 'Try a place, close one by a click on the map or in the list of places, close a road: map and figures follow.',
  trialHint: 'Downloads do not count the trial.',
  dragHint: 'Drag the marker, or move it with the arrow keys.',
  counts: {
    added: (n) => (n === 1 ? '1 place added' : `${n} places added`),
    closed: (n) => (n === 1 ? '1 place closed' : `${n} places closed`),
    resized: (n) => (n === 1 ? '1 place of another size' : `${n} places of another size`),
    roads: (n) => (n === 1 ? '1 road closed' : `${n} roads closed`),
    speeds: 'other speeds',
  },
  change: (n, who, t) => `${n} ${who} within ${t}`,
  noChange: (t) => `Nobody more or less within ${t}`,
  beforeAfter: (before, after) => `${before} without the trial, ${after} with it`,
  trialPlaces: (before, after) => `Known capacity: ${before} without the trial, ${after} with it`,
  trialPlacesEach: (n) => `${n} for 100 people who reach a place`,
  shut: 'Close this place (trial)',
  shutShort: 'Close',
  shutNamed: (name) => `Close (trial): ${name}`,
  reopen: 'Reopen',
  reopenNamed: (name) => `Reopen ${name}`,
  shutState: 'Closed (trial)',
  capacityLabel: 'Capacity',
  capacityUnknown: 'unknown',
  capacityNow: (before, now) => `capacity ${before} → ${now}`,
  capacityNew: (now) => `capacity ${now}`,
  resetPlaces: 'Put back',
  resetPlacesNamed: (name) => `Put the capacity back: ${name}`,
  facts: 'What is known of it',
  notCounted: 'The question does not count this place.',
  roadsTitle: 'Roads',
  closeRoad: 'Close a road',
  picking: 'Choose the road to close on the map.',
  pickingKeys: 'By keyboard: arrows, then Enter.',
  pickCentre: 'The road in the middle',
  pickLeave: 'Leave',
  noRoad: 'No open road is near enough to this point.',
  closedRoad: 'closed road (trial)',
  unnamedRoad: 'Unnamed road',
  speeds: 'Speeds',
  speedNormal: 'unchanged',
  speedChange: (p) => `${signed(p, 'en')}%`,
  speedClasses: {
    motorway: 'motorways', trunk: 'trunk roads', primary: 'primary roads', secondary: 'secondary roads', tertiary: 'tertiary roads',
    unclassified: 'minor roads', residential: 'streets', service: 'service roads', other: 'others',
  },
  routeAsMapped: 'This route knows nothing of roads closed or slowed on trial.',
  liveDown: 'The connection is lost: the figures no longer follow the trial.',
  cellPeople: (n) => (n === '1' ? '1 inhabitant' : `${n} inhabitants`),
  cellConcerned: (n, who) => `${who}: ${n}`,
  cellTo: (name) => `to ${name}`,
  cellRoute: 'Click to see the route.',
  routeTo: (name, by) => `Route to ${name}, ${by}`,
  routeRoads: 'The roads of the route',
  routeRoad: 'Road',
  metres: 'metres',
  routeFailed: 'The route does not arrive.',
  errorTitle: 'No answer',
  errorDown: 'The server does not answer. Is it still running?',
  errorMap: 'This browser cannot draw the map (no WebGL). The figures still hold.',
  retry: 'Try again',
  days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  phrases: {
    creche: { near: 'of a nursery', public: 'children under 3' },
    alsh: { near: 'of a leisure centre', public: 'children aged 3 to 11' },
    youth: { near: 'of a youth centre', public: 'young people aged 11 to 17' },
    france_services: { near: 'of a France Services desk', public: 'inhabitants' },
    senior: { near: 'of a service for older people', public: 'people aged 65 and over' },
    social_centre: { near: 'of a social centre or one of its anchors', public: 'inhabitants' },
    town_hall: { near: 'of a town hall', public: 'inhabitants' },
  },
};

export type Messages = typeof fr;
export const messages: Record<Lang, Messages> = { fr, en };

/** A text in the language, French where there is no other. */
export const text = (t: Text, lang: Lang): string => (lang === 'en' && t.en ? t.en : t.fr);

export function phrase(s: Service, lang: Lang): Phrase {
  const m = messages[lang];
  return m.phrases[s.id] ?? { near: m.unknownPhrase(text(s.label, lang)), public: text(s.public, lang) };
}

export const capital = (s: string): string => s.charAt(0).toLocaleUpperCase() + s.slice(1);

const locale = (lang: Lang) => (lang === 'fr' ? 'fr-FR' : 'en-GB');

/** A number of people, whole. */
export const people = (n: number, lang: Lang): string =>
  new Intl.NumberFormat(locale(lang), { maximumFractionDigits: 0 }).format(n);

/** A small number with at most one decimal. */
export const decimal = (n: number, lang: Lang): string =>
  new Intl.NumberFormat(locale(lang), { maximumFractionDigits: 1 }).format(n);

/** A change of a whole number, with its sign. */
export const signed = (n: number, lang: Lang): string =>
  new Intl.NumberFormat(locale(lang), { maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(n).replace('-', '−');

/** A share in percent: whole, but never 0 or 100 unless it is. */
export function percent(share: number | null, lang: Lang): string {
  if (share === null) return '–';
  const nearEnd = (share > 0 && share < 1) || (share > 99 && share < 100);
  const n = new Intl.NumberFormat(locale(lang), { maximumFractionDigits: nearEnd ? 1 : 0 }).format(
    nearEnd ? Math.min(Math.max(share, 0.1), 99.9) : share,
  );
  return lang === 'fr' ? `${n}\u202f%` : `${n}%`;
}

/** Travel time in minutes, rounded up so that "within 15" never reads "15" for 15:01. */
export const wholeMinutes = (seconds: number): number => Math.max(1, Math.ceil(seconds / 60));

/** "Mo 08:30-12:00,13:30-17:00; We 08:30-12:00" as seven texts in the language. */
export function weekHours(hours: string, lang: Lang): { day: string; spans: string }[] {
  const m = messages[lang];
  if (hours === '24/7') return [{ day: '', spans: m.always }];
  const byDay = new Map<string, string>();
  for (const rule of hours.split(';')) {
    const [day, spans] = rule.trim().split(' ');
    if (day && spans) byDay.set(day, spans);
  }
  return ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'].map((d, i) => ({
    day: m.days[i]!,
    spans: byDay.get(d)?.split(',').map((s) => s.split('-').map((t) => clock(t, lang)).join('–')).join(', ') ?? m.closed,
  }));
}

function clock(t: string, lang: Lang): string {
  if (lang === 'en') return t;
  const [h, m] = t.split(':');
  return `${Number(h)}\u202fh${m === '00' ? '' : `\u202f${m}`}`;
}
