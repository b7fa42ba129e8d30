/** The `Prefer` header: what a client would like, and what it gets. */

export interface Preferences {
  readonly returnRepresentation: boolean;
  readonly maxPageSize: number | undefined;
  readonly trackChanges: boolean;
  readonly continueOnError: boolean;
  /** Whether an annotation of this name was asked for. */
  wants(annotation: string): boolean;
  /** Whether any annotations were asked for. */
  readonly annotated: boolean;
  /** For `Preference-Applied`; empty when nothing was asked for that is known. */
  readonly applied: string;
}

const ANNOTATIONS = 'odata.include-annotations';
const KNOWN = [
  /^return=(?:representation|minimal)$/,
  /^(?:odata\.)?maxpagesize=\d+$/,
  /^odata\.(?:track-changes|continue-on-error)$/,
];

export function readPreferences(header: string | undefined): Preferences {
  const given = splitUnquoted(header ?? '');
  const value = (name: string): string | undefined =>
    given.find((preference) => preference.startsWith(`${name}=`))?.slice(name.length + 1);
  const pageSize = Number(value('odata.maxpagesize') ?? value('maxpagesize'));
  const annotations = value(ANNOTATIONS)?.replaceAll('"', '');
  const known = given.filter((preference) => preference.startsWith(ANNOTATIONS) || KNOWN.some((form) => form.test(preference)));
  return {
    returnRepresentation: given.includes('return=representation'),
    maxPageSize: pageSize > 0 ? pageSize : undefined,
    trackChanges: given.includes('odata.track-changes'),
    continueOnError: given.includes('odata.continue-on-error'),
    wants: annotations === undefined ? () => false : chosenBy(annotations),
    annotated: annotations !== undefined,
    applied: known.join(','),
  };
}

/** Values with commas are quoted. */
function splitUnquoted(header: string): string[] {
  return (header.match(/(?:"[^"]*"|[^,"])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '');
}

/** `*`, names, names that end with `*`, and with `-` in front what is not wanted: the most specific of them decides. */
function chosenBy(list: string): (annotation: string) => boolean {
  const patterns = list.split(',').map((text) => {
    const pattern = text.trim();
    const isExclusion = pattern.startsWith('-');
    return { isExclusion, name: isExclusion ? pattern.slice(1) : pattern };
  });
  return (annotation) => {
    const matching = patterns.filter(({ name }) =>
      name.endsWith('*') ? annotation.startsWith(name.slice(0, -1)) : name === annotation,
    );
    const best = matching.sort((a, b) => b.name.length - a.name.length)[0];
    return best !== undefined && !best.isExclusion;
  };
}
