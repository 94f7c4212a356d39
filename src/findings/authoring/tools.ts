import { normalPath } from '../payload/index.ts'
import type { Act } from './act.ts'

/** `winmgmt /resetrepository` and `/salvagerepository`: the repository is rebuilt from the auto-recover MOFs. */
export function readWinmgmt(args: string): readonly Act[] {
  const match = /[-/](resetrepository|salvagerepository)\b/i.exec(args)
  if (match === null) return []
  return [
    {
      verb: 'modifies',
      tool: 'winmgmt',
      signal: 'repository-reset',
      why: `winmgmt /${match[1]?.toLowerCase()} rebuilds the WMI repository and compiles all auto-recover MOF files`,
    },
  ]
}

const CIMOM = /\\?(?:software\\)?microsoft\\wbem\\cimom/i

/** `reg add`, `reg delete`, `reg query` of the value `Autorecover MOFs`. */
export function readReg(args: string): readonly Act[] {
  if (!CIMOM.test(args) || !/autorecover\s*mofs/i.test(args)) return []
  const verb = /^\s*["']?(\w+)/.exec(args)?.[1]?.toLowerCase()
  if (verb === 'query') {
    return [{ verb: 'reads', tool: 'reg', why: 'the auto-recover list of WMI is read' }]
  }
  if (verb === 'delete')
    return [{ verb: 'removes', tool: 'reg', why: 'the auto-recover list of WMI is deleted' }]
  if (verb !== 'add') return []
  const data = /[-/]d\s+(?:"((?:\\"|[^"])*)"|(\S+))/i.exec(args)
  const value = data?.[1] ?? data?.[2]
  return listed('reg', value)
}

/** The same list written from PowerShell. */
export function readRegistryCmdlet(command: string, args: string): readonly Act[] {
  if (!CIMOM.test(args) || !/autorecover\s*mofs/i.test(args)) return []
  const lower = command.toLowerCase()
  if (/^get-/.test(lower))
    return [{ verb: 'reads', tool: 'powershell', why: 'the auto-recover list of WMI is read' }]
  if (/^(?:remove|clear)-/.test(lower))
    return [{ verb: 'removes', tool: 'powershell', why: 'the auto-recover list of WMI is deleted' }]
  const values = /-Value\s+(?:@?\(?\s*)?((?:(["']).*?\2\s*,?\s*)+)/i.exec(args)?.[1]
  return listed('powershell', values?.replace(/["']\s*,\s*["']/g, '|').replace(/^["']|["']\s*$/g, ''))
}

/** The list as it is written: the first file on it that neither Windows nor a product put there is the telling one. */
function listed(tool: 'reg' | 'powershell', value: string | undefined): readonly Act[] {
  const paths = value?.split(/\\0|\|/).filter((part) => part.trim() !== '') ?? []
  const path = paths.find(
    (part) => !/^c:\\(?:windows\\system32|program files(?: \(x86\))?)\\/.test(normalPath(part)),
  )
  if (path === undefined && paths.length > 0) return []
  return [
    {
      verb: 'creates',
      tool,
      signal: 'autorecover',
      why: `the auto-recover list of WMI is written directly in the registry${path === undefined ? '' : `, with ${path}`}`,
      ...(path === undefined ? {} : { mofPath: path }),
      autorecover: true,
    },
  ]
}

/**
 * Programs outside Windows whose command line says that they install a subscription. Source: TRADECRAFT C10, C14; names
 * of the objects as the published tools give them (`EF_` and `TI_` before the given name).
 */
export function readKnownTools(text: string): readonly Act[] {
  const persist = /\bwmipersist(?:\.py|\.exe)?\b[\s\S]*?\b(install|remove)\b/i.exec(text)
  if (persist !== null) {
    const verb = persist[1]?.toLowerCase() === 'install' ? 'creates' : 'removes'
    const host = /[^\s@]+@([\w.:-]+)/.exec(text)?.[1]
    const name = /\s-name\s+["']?([^\s"']+)/i.exec(text)?.[1]
    const query = /\s-filter\s+(?:"([^"]*)"|'([^']*)')/i.exec(text)
    const base = {
      verb,
      tool: 'other',
      why: `wmipersist ${persist[1]?.toLowerCase()}s a subscription${host === undefined ? '' : ` on ${host}`}`,
      namespace: 'root\\subscription',
      ...(host === undefined ? {} : { host }),
    } as const
    if (name === undefined) return [base]
    const written = query?.[1] ?? query?.[2]
    return [
      {
        ...base,
        className: '__EventFilter',
        properties: { Name: `EF_${name}`, ...(written === undefined ? {} : { Query: written }) },
      },
      { ...base, className: 'ActiveScriptEventConsumer', properties: { Name: name } },
    ]
  }
  if (/\baction=executevbs\b/i.test(text)) {
    const host = /\bcomputername=["']?([^\s"',]+)/i.exec(text)?.[1]
    const name = /\beventname=["']?([^\s"']+)/i.exec(text)?.[1]
    const query = /\btrigger=(?:"([^"]*)"|'([^']*)')/i.exec(text)
    const written = query?.[1] ?? query?.[2]
    const base = {
      verb: 'creates',
      tool: 'other',
      why: `SharpWMI runs a VBScript through a subscription${host === undefined ? '' : ` on ${host}`}`,
      namespace: 'root\\subscription',
      ...(host === undefined || /^(?:localhost|\.|127\.0\.0\.1)$/i.test(host) ? {} : { host }),
    } as const
    const named = name === undefined ? {} : { Name: name }
    return [
      {
        ...base,
        className: '__EventFilter',
        properties: { ...named, ...(written === undefined ? {} : { Query: written }) },
      },
      { ...base, className: 'ActiveScriptEventConsumer', properties: named },
    ]
  }
  if (/\baction=WMIEventSub\b/i.test(text)) {
    const name = /\beventname=["']?([^\s"']+)/i.exec(text)?.[1]
    const command = /\bcommand=(?:"([^"]*)"|(\S+))/i.exec(text)
    const template = command?.[1] ?? command?.[2]
    return [
      {
        verb: 'creates',
        tool: 'other',
        why: 'SharpStay makes a subscription',
        className: 'CommandLineEventConsumer',
        properties: {
          ...(name === undefined ? {} : { Name: name }),
          ...(template === undefined ? {} : { CommandLineTemplate: template }),
        },
      },
    ]
  }
  return []
}
