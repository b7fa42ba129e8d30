/** Ids of Dynamics rows. */

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In either case of letters, and without the braces that Dynamics shows. */
export const isGuid = (text: string): boolean => GUID.test(text);
