/** `providerInstructions`: the guide Marketo shows to the administrator while the step is being installed. */
import { ERROR_CODES, OPERATIONS } from '../../core/flowStep';
import type { FlowStepService } from './service';

export function instructions({ definition }: FlowStepService): string {
  const { name } = definition.i18n.en_US;
  const { flowAttributes } = definition.invocationPayloadDef;
  const { fields } = definition.callbackPayloadDef;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${name}: how to set it up</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 46em; margin: 2em auto; padding: 0 1em; }
  h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
  table { border-collapse: collapse; width: 100%; } td, th { border: 1px solid #ccc; padding: .4em .6em; text-align: left; vertical-align: top; }
  code { background: #f2f2f5; padding: .1em .3em; border-radius: 3px; } .no { color: #a4262c; }
</style>
</head>
<body>
<h1>${name}</h1>
<p>One step in a smart campaign, and the person is in Microsoft Dynamics 365. It works in trigger campaigns, where the person is created at
once, in batch campaigns, where people are created with the next cycle of the sync (every five minutes), and in executable campaigns.
A person that is in Dynamics already is left as it is.</p>

<h2>Before you begin</h2>
<ol>
  <li>The sync is set up: the fields <code>microsoftId</code> and <code>microsoftType</code> exist. Whoever runs the sync makes them with <code>mdsync setup</code>.</li>
  <li>You have a token for campaigns, from whoever runs the sync: the value of <code>MDSYNC_GATEWAY_TOKEN</code>, or one of several that have names. It can be changed
    later without a pause: the old and the new one are valid side by side.</li>
  <li>Marketo can reach the sync over https with a certificate that browsers trust.</li>
</ol>

<h2>Install</h2>
<ol>
  <li><b>Credentials.</b> Enter the token as the API key. Marketo asks the service for its status at once: a wrong token is refused here.</li>
  <li><b>Outgoing fields.</b> There are none: only the id of a person leaves Marketo this way.</li>
  <li><b>Incoming fields.</b> Map these and tick them as active. Marketo suggests the right ones by itself:
    ${table(
      ['the step sends', 'map to the field', 'which holds'],
      fields.map((field) => [code(field.serviceAttribute), code(field.suggestedMarketoAttribute), field.description.en_US]),
    )}
  </li>
  <li><b>Global options.</b> There are none. Save: the step <b>${name}</b> is in the palette of flow steps.</li>
</ol>

<h2>Use it</h2>
${table(
  ['choice', 'what it does'],
  flowAttributes.map(({ i18n }) => [`<b>${i18n.en_US.name}</b>`, `${i18n.en_US.description}. ${i18n.en_US.uiTooltip}.`]),
)}
<p>The list of owners is refreshed every night; <b>Admin &gt; Service Providers &gt; Refresh Picklist</b> does it now. The campaign waits for the
answer before its next step: seconds for a person in a trigger campaign, at most 15 minutes for a batch.</p>

<h2>What came of it</h2>
<p>Each person gets one activity with the outcome. Its <b>Operation</b> is one of:</p>
${table(
  ['operation', 'success', 'what happened', 'what to do'],
  Object.entries(OPERATIONS).map(([operation, { success, meaning, next }]) => [
    code(operation),
    success ? 'yes' : '<span class="no">no</span>',
    meaning,
    next,
  ]),
)}
<p>Where success is no, <b>Reason</b> says why in words, and <b>Error Code</b> is one of:</p>
${table(
  ['error code', 'meaning'],
  Object.entries(ERROR_CODES).map(([errorCode, meaning]) => [code(errorCode), meaning]),
)}

<h2>Good to know</h2>
<ul>
  <li>A person that goes through the step twice, or through two campaigns at once, is created once.</li>
  <li>Before somebody is created, Dynamics is searched for the same e-mail address: exactly one match is linked instead.</li>
  <li>Marketo never lets the name of a service be used again after it was deleted. To pause the step, retire it instead.</li>
  <li>A changed version of this step comes under a new address and a new name; this one goes on working beside it.</li>
</ul>
</body>
</html>
`;
}

const code = (text: string): string => `<code>${text}</code>`;

/** Cells are HTML of our own; nothing that was sent to us is ever shown. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>\n${[row(head, 'th'), ...rows.map((cells) => row(cells, 'td'))].join('\n')}\n</table>`;
}
