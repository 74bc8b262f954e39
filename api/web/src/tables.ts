import type { Field, Table, Value } from './api';
import { decimal, messages, people, percent, text, type Lang } from './i18n';

// How the values of any analysis are written. Names holds what stands for an id.

type Names = Map<string, string>;

export function valueText(table: Table, k: number, i: number, lang: Lang, names: Names): string {
  const field = table.fields[k]!;
  const value = table.columns[k]![i]!;
  if (typeof value === 'number') return numberText(value, field, lang);
  if (typeof value === 'boolean') return value ? messages[lang].yes : messages[lang].no;
  if (value === null || value === '') return '–';
  const known = field.name === table.classes?.field && table.classes.values.find((c) => c.value === value);
  if (known) return text(known.label, lang);
  const ids = value.split(', ');
  return ids.every((id) => names.has(id)) ? ids.map((id) => names.get(id)).join(', ') : value;
}

function numberText(n: number, { unit, kind }: Field, lang: Lang): string {
  const written = Math.abs(n) < 10 ? decimal(n, lang, 2) : decimal(n, lang);
  switch (unit) {
    case undefined: return kind === 'integer' ? String(n) : written; // a year has no thousands
    case 's': return messages[lang].minutes(decimal(n / 60, lang));
    case 'persons': case 'households': return people(n, lang);
    case '%': return n >= 0 && n <= 100 ? percent(n, lang) : `${decimal(n, lang)}${lang === 'fr' ? '\u202f' : ''}%`;
  }
  return `${written}\u202f${messages[lang].units[unit] ?? unit}`;
}

const nameOf = (table: Table): number => table.fields.findIndex((f) => f.name === 'name');

/** What a row is called: its name, else what its id stands for, else its id. */
export function rowName(table: Table, i: number, names: Names): string {
  const name = table.columns[nameOf(table)]?.[i];
  return typeof name === 'string' && name !== '' ? name : names.get(table.id[i]!) ?? table.id[i]!;
}

/** The columns beside the row's name, by their position. */
export const columnsOf = (table: Table): number[] => [...table.fields.keys()].filter((k) => k !== nameOf(table));

export const labelOf = (field: Field, lang: Lang): string => text(field.label, lang) || field.name;

/** The position of the column that rows are coloured by, or -1. */
export const classColumn = (table: Table): number => table.fields.findIndex((f) => f.name === table.classes?.field);

/** The class a row is coloured by, as text; '' where there is none. */
export function classOf(table: Table, i: number): string {
  const value: Value = table.columns[classColumn(table)]?.[i] ?? null;
  return value === null ? '' : String(value);
}

/** A layer of cells for the map: each goes by its commune, and what only a file needs is left out. */
export function comparedTable(table: Table, communes: Map<string, string>): Table {
  const keep = [...table.fields.keys()].filter((k) => table.fields[k]!.name !== 'best');
  return {
    ...table,
    fields: keep.map((k) => (table.fields[k]!.name === 'commune' ? { ...table.fields[k]!, name: 'name' } : table.fields[k]!)),
    columns: keep.map((k) => (table.fields[k]!.name === 'commune' ? table.columns[k]!.map((code) => communes.get(String(code)) ?? code) : table.columns[k]!)),
  };
}

const longest = 60; // rows

/** Whether people read it as a table: the cells are for the map. */
export const readable = (table: Table): boolean => table.id.length <= longest && !table.name.endsWith('cells');
