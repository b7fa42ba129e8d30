/** The two systems as people call them. */
export const SIDE_NAMES = { marketo: 'Marketo', dynamics: 'Dynamics' } as const;
