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
  const path = value?.split(/\\0|\|/).find((part) => part !== '')
  return [
    {
      verb: 'creates',
      tool: 'reg',
      signal: 'autorecover',
      why: 'the auto-recover list of WMI is written directly in the registry',
      ...(path === undefined ? {} : { mofPath: path }),
      autorecover: true,
    },
  ]
}

/** The same list written from PowerShell. */
export function readRegistryCmdlet(command: string, args: string): readonly Act[] {
  if (!CIMOM.test(args) || !/autorecover\s*mofs/i.test(args)) return []
  const lower = command.toLowerCase()
  if (/^get-/.test(lower))
    return [{ verb: 'reads', tool: 'powershell', why: 'the auto-recover list of WMI is read' }]
  if (/^(?:remove|clear)-/.test(lower))
    return [{ verb: 'removes', tool: 'powershell', why: 'the auto-recover list of WMI is deleted' }]
  const path = /-Value\s+(?:@?\(?\s*)?(["'])(.*?)\1/i.exec(args)?.[2]
  return [
    {
      verb: 'creates',
      tool: 'powershell',
      signal: 'autorecover',
      why: 'the auto-recover list of WMI is written directly in the registry',
      ...(path === undefined ? {} : { mofPath: path }),
      autorecover: true,
    },
  ]
}
