import { expect, test } from 'vitest'
import type { DetectionTest } from '../model.ts'
import { judgeTest, type Proof, renderProof } from './index.ts'

const columns = [
  { name: 'Host', type: 'string' },
  { name: 'Count', type: 'long' },
] as const

function judged(test: Partial<DetectionTest>, rows: readonly { Host: string; Count: number }[]): string[] {
  return judgeTest({ name: 't', evidence: [], rows: rows.length, expect: [], ...test }, { columns, rows })
}

test('one row cannot satisfy two expectations', () => {
  const rows = [{ Host: 'a', Count: 1 }]
  expect(judged({ expect: [{ Host: 'a' }] }, rows)).toEqual([])
  expect(judged({ expect: [{ Host: 'a' }, { Host: 'a' }] }, rows)).toHaveLength(1)
})

test('a failure says how the nearest row differs', () => {
  const rows = [
    { Host: 'b', Count: 2 },
    { Host: 'a', Count: 2 },
  ]
  expect(judged({ expect: [{ Host: 'a', Count: 1 }] }, rows)).toEqual([
    'no row has {"Host":"a","Count":1}; the nearest has Count = 2',
  ])
})

test('a number of rows and a column that is not returned are told', () => {
  expect(judged({ rows: 2, expect: [{ Hots: 'a' }] }, [{ Host: 'a', Count: 1 }])).toEqual([
    '2 rows expected, 1 returned',
    'the query does not return Hots',
  ])
})

test('nothing that a message quotes becomes markup', () => {
  const proof: Proof = {
    rules: [{ id: 'r', title: 'R', baseline: false }],
    scenarios: [],
    matrix: [],
    signals: [],
    tests: [{ rule: 'r', name: 'a | b', passed: false, messages: ['<script>"&\u0000]]>'], milliseconds: 1 }],
    untested: [],
    passed: false,
  }
  const junit = renderProof(proof, 'junit')
  expect(junit).toContain('&lt;script&gt;&quot;&amp;\ufffd]]&gt;')
  expect(junit).not.toContain('<script>')
  expect(renderProof(proof, 'markdown')).toContain('a \\| b')
  expect(renderProof(proof, 'text')).toMatch(/^FAILED {2}1 rules, 0 of 1 tests passed/m)
})
