import { type Atom, likeWords, listWords, quoted } from './conditions.ts'
import { atomsOf, type Describer, equalValues, type Group, type Part } from './part.ts'

const LOGON_TYPES: Readonly<Record<number, string>> = {
  0: 'as the system itself',
  2: 'at the keyboard',
  3: 'over the network',
  4: 'for a batch job',
  5: 'for a service',
  7: 'by unlocking the screen',
  8: 'over the network with a plain-text password',
  9: 'with other credentials for the network',
  10: 'by Remote Desktop',
  11: 'at the keyboard with a remembered password',
  12: 'by Remote Desktop with a remembered password',
  13: 'by unlocking the screen with a remembered password',
}

const ACCOUNT_PROPERTIES = ['name', 'username', 'targetusername', 'accountname', 'antecedent', 'caption']

/** Sign-in and sign-out as objects: sessions, signed-in users, profiles. */
export const logons: Describer = {
  classes:
    /^(?:win32_logonsession|win32_loggedonuser|win32_logonevent|win32_session|win32_sessionprocess|win32_networkloginprofile|win32_userprofile|win32_computersystem)$/,
  consumes: (property, { test }) =>
    (property === 'logontype' && test === '=') ||
    (ACCOUNT_PROPERTIES.includes(property) && (test === '=' || test === 'like')),
  describe: (group) => {
    const types = equalValues(group, 'logontype').map(Number).filter(Number.isInteger)
    const accounts = accountNames(atomsOf(group, ...ACCOUNT_PROPERTIES))
    const how =
      types.length === 0
        ? ''
        : ` ${listWords(types.map((type) => LOGON_TYPES[type] ?? 'in another way'))} (logon type ${listWords(types.map(String))})`
    const who = accounts.length === 0 ? 'someone' : listWords(accounts.map(({ words }) => words))
    const details = {
      ...(types.length === 0 ? {} : { logonTypes: types }),
      ...(accounts.length === 0 ? {} : { accounts: accounts.map(({ name }) => name) }),
    }
    if (group.lower === 'win32_computersystem' && accounts.length === 0) {
      return {
        kind: 'logon',
        words: 'when the signed-in user or a setting of the computer changes',
        rows: ['activity'],
      }
    }
    const words = {
      created: `when ${who} signs in${how}`,
      deleted: `when ${who} signs out${how === '' ? '' : ` who had signed in${how}`}`,
      modified: `when the sign-in of ${who}${how} changes`,
      operated: `when ${who} signs in or out${how}`,
      happened: `when ${who} signs in${how}`,
    }[group.change]
    return {
      kind: group.change === 'deleted' ? 'logoff' : 'logon',
      words,
      rows: [accounts.length > 0 ? 'magic-account' : 'activity'],
      details,
    }
  },
}

interface Account {
  readonly name: string
  readonly words: string
}

function accountNames(atoms: readonly Atom[]): readonly Account[] {
  return atoms
    .filter(({ test }) => test === '=' || test === 'like')
    .map(({ test, value }) =>
      test === '='
        ? { name: value, words: `the account ${quoted(value)}` }
        : { name: value.replace(/^%+|%+$/g, ''), words: `an account whose name ${likeWords(value)}` },
    )
    .map((account) => {
      // `Antecedent` is a reference: `Win32_Account.Domain="A",Name="bob"`.
      const inner = /\bname\s*=\s*\\?["']([^"'\\]{1,104})\\?["']/i.exec(account.name)?.[1]
      return inner === undefined ? account : { name: inner, words: `the account ${quoted(inner)}` }
    })
}

/** What may be an account in the text of an event: one word, no address, no field with its label. */
const ACCOUNT_LIKE = /^%*(?!\d{1,3}(?:\.\d{1,3}){3}%*$)[^\s%:,;=/]{1,104}%*$/u

/** Events of the Security log (and others) that mean something to a person. */
const EVENT_WORDS: Readonly<Record<number, readonly [Part['kind'], string]>> = {
  1102: ['event-log', 'when the Security log is cleared'],
  104: ['event-log', 'when an event log is cleared'],
  4608: ['uptime', 'when Windows starts'],
  4624: ['logon', 'when a sign-in succeeds'],
  4625: ['failed-logon', 'when a sign-in fails'],
  4634: ['logoff', 'when someone signs out'],
  4647: ['logoff', 'when someone signs out'],
  4648: ['logon', 'when someone signs in with other credentials'],
  4672: ['logon', 'when an administrator signs in'],
  4688: ['process-start', 'when a program starts'],
  4689: ['process-stop', 'when a program is closed'],
  4697: ['service', 'when a service is installed'],
  4698: ['scheduled-job', 'when a scheduled task is created'],
  4720: ['account', 'when an account is created'],
  4726: ['account', 'when an account is deleted'],
  4732: ['account', 'when an account is added to a group'],
  4740: ['account', 'when an account is locked out'],
  4778: ['logon', 'when a Remote Desktop session is connected'],
  4779: ['logoff', 'when a Remote Desktop session is disconnected'],
  4800: ['power', 'when the screen is locked'],
  4801: ['logon', 'when the screen is unlocked'],
  6005: ['uptime', 'when Windows starts'],
  6006: ['shutdown', 'when Windows shuts down'],
  6008: ['event-log', 'when Windows notices that it was switched off without shutdown'],
  7036: ['service', 'when a service starts or stops'],
  7045: ['service', 'when a service is installed'],
}
const ACTIVITY = new Set<Part['kind']>(['logon', 'logoff', 'process-start', 'process-stop', 'power'])

const MESSAGE_PROPERTIES = ['message', 'insertionstrings']
const CODE_PROPERTIES = ['eventcode', 'eventidentifier', 'eventid']

/** New records of an event log. */
export const eventLogs: Describer = {
  classes: /^win32_ntlogevent$/,
  consumes: (property, { test }) =>
    test === '='
      ? [...CODE_PROPERTIES, ...MESSAGE_PROPERTIES, 'logfile', 'sourcename', 'user'].includes(property)
      : test === 'like' && [...MESSAGE_PROPERTIES, 'user'].includes(property),
  describe: (group) => describeEventLog(group),
}

const SYSTEM_CODES = [104, 6005, 6006, 6008, 7036, 7045]

/** False where the query names a log or a source in which the number means something else. */
function isWindows(code: number, logs: readonly string[], sources: readonly string[]): boolean {
  const isSystem = SYSTEM_CODES.includes(code)
  const log = isSystem ? /^system$/i : /^security$/i
  const source = isSystem
    ? /^(?:eventlog|service control manager|microsoft-windows-eventlog)$/i
    : /^(?:security|microsoft-windows-security-auditing|microsoft-windows-eventlog)$/i
  return (
    (logs.length === 0 || logs.some((name) => log.test(name))) &&
    (sources.length === 0 || sources.some((name) => source.test(name)))
  )
}

/** What else the event's text must hold. */
function inEvent(atoms: readonly Atom[]): string {
  const mentions = atoms.map(({ property, test, value }) => {
    const words = test === '=' ? `is ${quoted(value)}` : likeWords(value)
    return property.toLowerCase() === 'user' ? `whose user ${words}` : `whose text ${words}`
  })
  return mentions.length === 0 ? '' : `, in an event ${listWords(mentions)}`
}

function describeEventLog(group: Group): Part {
  const codes = equalValues(group, ...CODE_PROPERTIES)
    .map(Number)
    .filter(Number.isInteger)
  const logs = equalValues(group, 'logfile')
  const sources = equalValues(group, 'sourcename')
  const texts = atomsOf(group, ...MESSAGE_PROPERTIES, 'user').filter(
    ({ test }) => test === '=' || test === 'like',
  )
  const named = texts.filter(({ value }) => ACCOUNT_LIKE.test(value))
  const accounts = accountNames(named)
  const details = codes.length === 0 ? {} : { eventCodes: codes }
  const meanings = codes.map((code) => (isWindows(code, logs, sources) ? EVENT_WORDS[code] : undefined))
  const [first] = meanings
  if (first !== undefined && meanings.every((meaning) => meaning !== undefined)) {
    const [kind] = first
    const number = `(event ${listWords(codes.map(String))})`
    const acts = listWords(meanings.map((meaning) => meaning?.[1] ?? '')).replaceAll(' or when ', ' or ')
    const base = `${acts} ${number}`
    if (accounts.length > 0 && meanings.every((meaning) => meaning?.[0] === 'failed-logon')) {
      const names = accounts.map(({ name }) => name)
      return {
        kind,
        words: `when someone fails to sign in as ${listWords(names.map(quoted))} ${number}${inEvent(texts.filter((atom) => !named.includes(atom)))}`,
        rows: ['failed-logon'],
        details: { ...details, accounts: names },
      }
    }
    const words = `${base}${inEvent(texts)}`
    const isAccount = (kind === 'logon' || kind === 'logoff') && accounts.length > 0
    return {
      kind,
      words,
      rows: [
        isAccount
          ? 'magic-account'
          : ACTIVITY.has(kind) || kind === 'failed-logon'
            ? 'activity'
            : 'operational',
      ],
      details: { ...details, ...(isAccount ? { accounts: accounts.map(({ name }) => name) } : {}) },
    }
  }
  const where = logs.length === 0 ? 'an event log' : `the ${listWords(logs)} log`
  const which = codes.length === 0 ? 'an event' : `event ${listWords(codes.map(String))}`
  const from = sources.length === 0 ? '' : ` from ${listWords(sources.map(quoted))}`
  const text =
    texts.length === 0
      ? ''
      : ` whose text ${listWords(texts.map(({ test, value }) => (test === '=' ? `is ${quoted(value)}` : likeWords(value))))}`
  const narrowed = codes.length + logs.length + sources.length + texts.length > 0
  return {
    kind: 'event-log',
    words: `when ${which}${from}${text} is written to ${where}`,
    rows: ['operational'],
    details,
    ...(narrowed ? {} : { broad: true as const }),
  }
}
