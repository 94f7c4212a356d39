import { expect, test } from 'vitest'
import { builtInNames } from '../front/built-ins.ts'
import { loadFront } from '../front/index.ts'
import { kqlDocumentation } from './documentation.ts'

test('docs/kql.md says what the tables of functions say', async () => {
  await loadFront()
  await expect(kqlDocumentation(builtInNames())).toMatchFileSnapshot('../../../docs/kql.md')
})
