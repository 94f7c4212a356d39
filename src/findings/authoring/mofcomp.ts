import { splitNamespace } from '../../lang/mof/index.ts'
import { splitWords } from '../payload/index.ts'
import type { Act } from './act.ts'

/**
 * Reads the arguments of one mofcomp call. The file may have any extension and stand anywhere among the switches.
 * `undefined` when no file is given (help) or it is only checked. Source: Microsoft "mofcomp"; TRADECRAFT C9, C9a.
 */
export function readMofcomp(args: string, renamed: boolean): readonly Act[] {
  let namespace: string | undefined
  let host: string | undefined
  let file: string | undefined
  let autorecover = false
  let checkOnly = false
  let isRedirected = false
  for (const word of splitWords(withQuotedPath(args))) {
    if (/^[-/]\?$/.test(word)) return []
    // What stands behind an arrow gets the output.
    if (isRedirected || /^\d?[<>]/.test(word)) {
      isRedirected = /^\d?[<>]{1,2}$/.test(word)
      continue
    }
    const option = /^[-/]([A-Za-z]+)(?::([\s\S]*))?$/.exec(word)
    if (option === null) {
      // Inside the quotes of a shell the closing one may stick to the file.
      if (!/^[|&]/.test(word)) file = word.replace(/(?<=[^"])"+$/, '')
      continue
    }
    const [, name = '', value = ''] = option
    switch (name.toLowerCase()) {
      case 'n': {
        const place = splitNamespace(value)
        namespace = place.namespace
        host = place.host
        break
      }
      case 'autorecover':
        autorecover = true
        break
      case 'check':
        checkOnly = true
        break
      default:
        // A Unix-like path (`/temp/x.mof`) is no switch; known switches are single words.
        if (/[\\/.]/.test(value) === false && !KNOWN.has(name.toLowerCase()) && /\//.test(word.slice(1)))
          file = word
    }
  }
  if (file === undefined || checkOnly) return []
  const where = host === undefined ? '' : ` on ${host}`
  return [
    {
      verb: 'creates',
      tool: 'mofcomp',
      signal: autorecover ? 'autorecover' : 'mofcomp',
      why: `mofcomp compiles ${file}${where}${autorecover ? ' and adds it to the auto-recover list' : ''}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(host === undefined ? {} : { host }),
      mofPath: file,
      ...(autorecover ? { autorecover: true as const } : {}),
      renamed,
    },
  ]
}

/** An unquoted path with spaces is one file to mofcomp only in logs that dropped its quotes: taken up to its extension. */
function withQuotedPath(args: string): string {
  if (args.includes('"')) return args
  return args.replace(/(^|\s)([a-z]:\\[^<>|&"]{1,400}?\.(?:mof|mfl))(?=\s|$)/i, '$1"$2"')
}

const KNOWN = new Set(['class', 'instance', 'b', 'p', 'u', 'a', 'wmi', 'amendment', 'mof', 'mfl', 'er', 'l'])
