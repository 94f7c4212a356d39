import { combinedSentence } from '../judge/index.ts'
import { contain, firstMinutes, harden, hunt, record } from './around.ts'
import { collect, verifyBefore } from './collect.ts'
import { code, plain } from './markdown.ts'
import { questionsFor } from './questions.ts'
import { remove, verifyRemoval } from './remove.ts'
import type { Playbook, PlaybookSubject } from './subject.ts'

const named = (name: string | undefined): string =>
  name === undefined ? 'one without a known name' : code(name)

/**
 * The response to one subscription: what to ask, and what to do in which order, with its own names in the commands.
 * Collect first, verify, contain, remove binding then consumer then filter, restore what was overwritten, verify the
 * removal, hunt for siblings. Source: RESPONSE. Names are attacker's text: quoted for PowerShell and for Markdown.
 */
export function buildPlaybook(subject: PlaybookSubject): Playbook {
  const where = subject.host === undefined ? '' : ` on ${code(subject.host)}`
  return {
    schema: 'triad.playbook/1',
    subscription: subject.id,
    title: `WMI event subscription ${subject.filter?.name === undefined && subject.consumer?.name === undefined ? code(subject.id) : `${named(subject.filter?.name)} to ${named(subject.consumer?.name)}`}${where}`,
    summary: [
      `Verdict: ${subject.verdict}, severity ${subject.severity}, confidence ${subject.confidence}, state ${subject.state}.`,
      plain(combinedSentence(subject.explanation)),
      ...(subject.fingerprint === undefined ? [] : [`Fingerprint: ${code(subject.fingerprint)}.`]),
    ],
    questions: questionsFor(subject),
    sections: [
      firstMinutes(subject),
      collect(subject),
      verifyBefore(subject),
      contain(subject),
      remove(subject),
      verifyRemoval(subject),
      hunt(subject),
      harden(),
      record(subject),
    ],
  }
}

/** A playbook as Markdown. */
export function renderPlaybook(playbook: Playbook): string {
  const lines = [`# Response: ${playbook.title}`, '', ...playbook.summary.map((line) => `- ${line}`), '']
  lines.push(
    'Run the commands in an elevated PowerShell on the host itself. Steps marked **changes** alter the host; everything else only reads, and writes its exports into a folder of its own. Do not change anything before it is collected.',
    '',
  )
  lines.push('## Questions', '')
  for (const { question, answer } of playbook.questions) lines.push(`- **${question}** ${answer}`)
  for (const [at, section] of playbook.sections.entries()) {
    lines.push('', `## ${at + 1}. ${section.title}`, '')
    for (const [index, step] of section.steps.entries()) {
      lines.push(`${index + 1}. ${step.changes === true ? '**changes** ' : ''}${step.text}`)
      if (step.commands !== undefined) {
        lines.push('', '   ```powershell', ...step.commands.map((line) => `   ${line}`), '   ```', '')
      }
    }
  }
  return `${lines.join('\n')}\n`
}
