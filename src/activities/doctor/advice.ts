/** What a failed question to a side means for an administrator, and what to do about it. */
import { grant } from '../../core/marketoPermissions';
import type { Failure, Result } from '../../core/ports';
import { SIDE_LABEL } from '../../core/rules';
import type { Hindrance, SideName } from '../../core/types';
import { describeFailure } from '../failures';

const AGAIN = 'restart the worker';

const MARKETO_SECRET: Hindrance = {
  finding: 'Marketo does not accept the client id and secret.',
  fix: `Copy both from Admin, LaunchPoint, View Details into MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET, and ${AGAIN}.`,
};

const NO_PRIVILEGE: Hindrance = {
  finding: 'The security role of the application user lacks a privilege in Dynamics.',
  fix: 'Give it Create, Read and Write on Contact and Lead, at organization level.',
};

/** By the codes that the clients give to failures. */
const BY_CODE: Readonly<Record<SideName, Readonly<Record<string, Hindrance>>>> = {
  marketo: {
    invalid_client: MARKETO_SECRET,
    unauthorized_client: MARKETO_SECRET,
    '600': MARKETO_SECRET,
    '601': MARKETO_SECRET,
    '602': { finding: 'The access token had just expired.', fix: 'Ask again.' },
    '603': {
      finding: 'Marketo denies access to the API-only user.',
      fix: grant('Read-Write Person, and Read-Only Activity, Read-Write Activity and Read-Write Activity Metadata with it'),
    },
    '1018': {
      finding: "Marketo's own CRM sync is on: two syncs on one instance fight.",
      fix: 'Switch it off in Marketo, Admin, CRM (Microsoft Dynamics or Salesforce).',
    },
  },
  dynamics: {
    AADSTS7000215: {
      finding: 'Microsoft Entra does not accept the client secret.',
      fix: `Copy the value of the secret (not its id) from the app registration, Certificates & secrets, into DATAVERSE_CLIENT_SECRET, and ${AGAIN}.`,
    },
    AADSTS7000222: {
      finding: 'The client secret has expired.',
      fix: `Make a new one in the app registration, Certificates & secrets, put it into DATAVERSE_CLIENT_SECRET, and ${AGAIN}.`,
    },
    AADSTS700016: {
      finding: 'The tenant has no application with this client id.',
      fix: `Copy the application (client) id of the app registration into DATAVERSE_CLIENT_ID, see that DATAVERSE_TENANT_ID is its tenant, and ${AGAIN}.`,
    },
    AADSTS90002: {
      finding: 'There is no such tenant.',
      fix: `Copy the directory (tenant) id of the app registration into DATAVERSE_TENANT_ID, and ${AGAIN}.`,
    },
    AADSTS500011: {
      finding: 'The tenant has no environment at this address.',
      fix: `Set DATAVERSE_URL to the address of the environment, such as https://contoso.crm.dynamics.com, and ${AGAIN}.`,
    },
    '0x80072560': {
      finding: 'The app registration is no user of this environment.',
      fix: 'In Power Platform admin center, Environments, Settings, Application users, create an application user for it and give it a security role.',
    },
    '0x80040220': NO_PRIVILEGE,
    '0x80048306': NO_PRIVILEGE,
    '0x80040299': NO_PRIVILEGE,
    '0x80072491': {
      finding: 'Change tracking is off for a table.',
      fix: 'Tick "Track changes" in the properties of the tables Contact and Lead in Power Apps, and publish.',
    },
  },
};

const ADDRESS: Readonly<Record<SideName, string>> = {
  marketo: 'MARKETO_BASE_URL',
  dynamics: 'DATAVERSE_URL and DATAVERSE_AUTHORITY',
};

const RIGHT_ADDRESS: Readonly<Record<SideName, string>> = {
  marketo: `Set MARKETO_BASE_URL to the endpoint in Admin, Integration, Web Services, without its /rest, and ${AGAIN}.`,
  dynamics: `Set DATAVERSE_URL to the address of the environment and leave DATAVERSE_AUTHORITY to its default outside national clouds, and ${AGAIN}.`,
};

const OTHER_SETTINGS: Readonly<Record<SideName, string>> = {
  marketo: 'MARKETO_BASE_URL, MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET',
  dynamics: 'DATAVERSE_URL, DATAVERSE_TENANT_ID, DATAVERSE_CLIENT_ID and DATAVERSE_CLIENT_SECRET',
};

/** Answers of whatever else listens there. */
const NOT_THE_API = /^(http[34]\d\d|html|610|unknownUrl|noIdentity|ERR_.*)$/;

interface Kind {
  readonly fits: (failure: Failure) => boolean;
  readonly advice: (side: SideName, failure: Failure) => Hindrance;
}

/** Failures without an entry of their own; the first that fits. */
const KINDS: readonly Kind[] = [
  {
    fits: ({ kind }) => kind === 'throttled' || kind === 'quota',
    advice: (side, failure) => ({
      finding: `${describeFailure(side, failure)}.`,
      fix: 'Nothing to mend: the sync goes on by itself when the limit lets it.',
    }),
  },
  {
    fits: ({ code }) => /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code),
    advice: (side, { code }) => ({
      finding: `The certificate at the address of ${SIDE_LABEL[side]} is not trusted (${code}).`,
      fix: `Check ${ADDRESS[side]}; if a proxy of your own stands in between, name its certificate in NODE_EXTRA_CA_CERTS, and ${AGAIN}.`,
    }),
  },
  {
    fits: ({ code }) => code === 'unreachable',
    advice: (side) => ({
      finding: `Nobody is there at the address of ${SIDE_LABEL[side]}.`,
      fix: `Check ${ADDRESS[side]}, and that the worker's machine can reach it: name resolution, proxy, firewall.`,
    }),
  },
  {
    fits: ({ code }) => code === 'timeout' || code === 'reset',
    advice: (side, { code }) => ({
      finding: `${SIDE_LABEL[side]} ${code === 'timeout' ? 'does not answer in time' : 'breaks the connection off without an answer'}.`,
      fix: `If it lasts, check ${ADDRESS[side]}, and what stands between the worker's machine and there: proxy, firewall. The sync tries again by itself.`,
    }),
  },
  {
    fits: ({ kind, code }) => /^token(2|3|40)/.test(code) || (kind === 'config' && NOT_THE_API.test(code)),
    advice: (side, { code }) => ({
      finding: `There is something at the address of ${SIDE_LABEL[side]}, but not its API (${code}).`,
      fix: RIGHT_ADDRESS[side],
    }),
  },
  {
    fits: ({ kind }) => kind === 'retry',
    advice: (side, failure) => ({
      finding: `${describeFailure(side, failure)}.`,
      fix: `If it lasts, look at the status page of ${SIDE_LABEL[side]}.`,
    }),
  },
];

export function adviceOn(side: SideName, failure: Failure): Hindrance {
  const known = BY_CODE[side][failure.code] ?? KINDS.find(({ fits }) => fits(failure))?.advice(side, failure);
  return known ?? { finding: `${describeFailure(side, failure)}.`, fix: `Check ${OTHER_SETTINGS[side]}, and ${AGAIN}.` };
}

export const failureOf = (result: Result<unknown> | undefined): Failure | undefined =>
  result !== undefined && 'failure' in result ? result.failure : undefined;

/** We are let in, but may not do what was asked. */
export function isDenied(side: SideName, { code }: Failure): boolean {
  return side === 'marketo' ? code === '603' : BY_CODE.dynamics[code] === NO_PRIVILEGE;
}
