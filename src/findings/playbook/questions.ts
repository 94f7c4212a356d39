import { code } from './markdown.ts'
import type { Playbook, PlaybookSubject } from './subject.ts'

const HINTS: Readonly<Record<string, string>> = {
  attempted: 'Only an attempt was seen. Enumerate the host: did it succeed?',
  partial: 'Only a part was seen. Look for the missing part in every namespace.',
  bound: 'It is bound: it will fire at its next trigger.',
  executed: 'It has fired. Treat the host as used by the attacker.',
  modified: 'Something that was there before was changed. Find out what it was and when.',
  removed: 'It is gone or was recovered from remains. Find out who removed it, and whether it came back.',
  transient: 'It was made and removed within minutes, as in lateral movement. Look at the source host.',
}

/** Questions to answer, each with what the evidence says already. */
export function questionsFor(subject: PlaybookSubject): Playbook['questions'] {
  const { filter, consumer, binding } = subject
  const creator = [
    ...new Set(
      [filter?.creatorSid, consumer?.creatorSid, binding?.creatorSid].filter((sid) => sid !== undefined),
    ),
  ]
  const has = (id: string): boolean => subject.reasons.some((reason) => reason.id === id)
  const questions = [
    { question: 'In which state is it?', answer: HINTS[subject.state] ?? `State ${subject.state}.` },
    {
      question: 'Who made it, from where?',
      answer: [
        subject.user === undefined ? '' : `Account ${code(subject.user)}.`,
        creator.length === 0
          ? 'No creator SID is in the evidence.'
          : `Creator ${creator.map((sid) => code(sid)).join(', ')}.`,
        has('provenance/remote-logon')
          ? 'A network sign-in just before points to another host.'
          : 'Look for a network sign-in (4624 type 3) in the five minutes before.',
      ]
        .filter((part) => part !== '')
        .join(' '),
    },
    {
      question: 'Since when?',
      answer:
        subject.firstSeen === undefined
          ? 'The evidence gives no time.'
          : `First seen ${subject.firstSeen}${subject.lastSeen === undefined ? '' : `, last seen ${subject.lastSeen}`}. Logs roll over: it may be older.`,
    },
    {
      question: 'Has it run?',
      answer:
        has('lifecycle/executed') || has('host/consumer-child')
          ? 'Yes: execution was seen.'
          : 'No execution was seen. Look for starts of scrcons.exe, children of WmiPrvSE.exe, and prefetch files.',
    },
    {
      question: 'Is the host talking out right now?',
      answer:
        'Check network connections of scrcons.exe, WmiPrvSE.exe and their children before anything else.',
    },
    {
      question: 'Is it anywhere else?',
      answer:
        subject.fingerprint === undefined
          ? 'Search all hosts for the same payload, query and creator.'
          : `Search all hosts for fingerprint ${code(subject.fingerprint)}, not for the name.`,
    },
  ]
  questions.push({ question: 'What would change this judgement?', answer: changes(subject).join(' ') })
  if (has('identity/impersonation')) {
    questions.push({
      question: 'Which stock object did it replace?',
      answer:
        'It bears the name of a stock subscription. The stock one must be restored, not only this one removed.',
    })
  }
  return questions
}

/** What evidence would raise or lower the judgement, as far as it is not there yet. */
function changes(subject: PlaybookSubject): readonly string[] {
  const hints: string[] = []
  if (subject.filter?.query === undefined) hints.push('The query of the filter: it tells when it fires.')
  if (subject.consumer === undefined || Object.keys(subject.consumer.properties).length === 0) {
    hints.push('The content of the consumer: it tells what runs.')
  }
  if (subject.state === 'attempted' || subject.state === 'partial')
    hints.push('An enumeration of the host, or a 5861 event: they prove whether it is bound.')
  if (subject.confidence !== 'certain')
    hints.push('A 5861 event, an inventory or the repository would make it certain.')
  hints.push(
    'The signature and hash of the file it runs, and the same content on hosts of the same role, speak for or against it.',
  )
  return hints
}
