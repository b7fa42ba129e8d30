/** Where Marketo's administrators give permissions to the sync. */
export const grant = (permission: string): string =>
  `In Marketo, Admin, Users & Roles, give the role of the API-only user the permission ${permission}; see that no IP allowlist is in the way.`;
