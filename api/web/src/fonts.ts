import latin from '@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2?url';
import latinExt from '@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2?url';

// The package's own name for the family ends in a number, which the map's label
// painter cannot write into a font shorthand; hence a name of ours.
const family = 'Source Sans';
const descriptors = { weight: '200 900', display: 'swap' } as const;

const faces = [
  new FontFace(family, `url(${latin})`, { ...descriptors, unicodeRange: 'U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, U+2212, U+2215' }),
  new FontFace(family, `url(${latinExt})`, { ...descriptors, unicodeRange: 'U+0100-0130, U+0132-0151, U+0154-02BA, U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB' }),
];
for (const face of faces) document.fonts.add(face);

/** Resolves when labels can be painted; never fails, since any font will do. */
export const fontsReady: Promise<unknown> = Promise.allSettled([faces[0]!.load(), document.fonts.load(`16px "${family}"`, 'Étriché œ')]);
