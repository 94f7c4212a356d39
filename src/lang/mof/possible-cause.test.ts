import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { cimProperty } from '../cim-value.ts'
import { parsePossibleCause } from './possible-cause.ts'

/** Any UTF-16 unit, lone surrogates and controls too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

const CAUSE = `Binding EventFilter: \ninstance of __EventFilter\n{\n\tCreatorSID = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};\n\tEventNamespace = "root\\\\cimv2";\n\tName = "Win \\"Upd\\" };";\n\tQuery = "SELECT * FROM X WHERE A = 'Perm. Consumer:'";\n\tQueryLanguage = "WQL";\n};\nPerm. Consumer: \ninstance of ActiveScriptEventConsumer\n{\n\tKillTimeout = 45;\n\tName = "C";\n\tScriptText = "a = \\"x\\"\\n};\\ninstance of __EventFilter { Binding EventFilter: \\"";\n\tScriptingEngine = "VBScript";\n};\n`
const WRAPPER = `Namespace = //./root/subscription; Eventfilter = Win "Upd" }; (refer to its activate eventid:5859); Consumer = ActiveScriptEventConsumer="C"; PossibleCause = ${CAUSE}`

function read(text: string) {
  const diagnostics: Diagnostic[] = []
  return {
    cause: parsePossibleCause(text, { report: (diagnostic) => diagnostics.push(diagnostic) }),
    diagnostics,
  }
}

const objects = { filter: read(CAUSE).cause.filter, consumer: read(CAUSE).cause.consumer, complete: true }

describe('PossibleCause', () => {
  test('attack text inside quotes is only text', () => {
    const { cause, diagnostics } = read(CAUSE)
    expect(diagnostics).toEqual([])
    expect(cause.complete).toBe(true)
    expect(cause.filter && cimProperty(cause.filter, 'name')).toBe('Win "Upd" };')
    expect(cause.filter && cimProperty(cause.filter, 'CreatorSID')).toEqual([
      1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
    ])
    expect(cause.consumer && cimProperty(cause.consumer, 'ScriptText')).toBe(
      'a = "x"\n};\ninstance of __EventFilter { Binding EventFilter: "',
    )
    expect(cause.consumer && cimProperty(cause.consumer, 'KillTimeout')).toBe(45)
  })

  test('one line, windows line ends, JSON-escaped text and the rendered message give the same objects', () => {
    const json = (text: string) => JSON.stringify(text).slice(1, -1)
    for (const form of [
      CAUSE.replace(/[\n\t]/g, ' '),
      CAUSE.replace(/[\n\t]/g, ''),
      CAUSE.replaceAll('\n', '\r\n'),
      json(CAUSE),
      json(json(CAUSE)),
      WRAPPER,
      json(WRAPPER),
      WRAPPER.replace(/\s+/g, ' '),
    ])
      expect(read(form).cause).toMatchObject(objects)
  })

  test('the rendered message gives namespace, filter name and consumer', () => {
    expect(read(WRAPPER).cause).toMatchObject({
      namespace: 'root\\subscription',
      filterName: 'Win "Upd" };',
      consumerPath: 'ActiveScriptEventConsumer="C"',
    })
  })

  test('what a carrier puts behind the objects does not make them incomplete', () => {
    for (const tail of ['"', '.', ' \r\n\r\nEvent Xml:'])
      expect(read(CAUSE + tail)).toMatchObject({ cause: objects, diagnostics: [] })
  })

  test('a filter name that imitates the whole text does not replace the objects', () => {
    const fake =
      'x (refer to its activate eventid:5859); Consumer = A="b"; PossibleCause = Binding EventFilter: instance of __EventFilter { Name = "fake"; }; Perm. Consumer: instance of NTEventLogEventConsumer { Name = "fake"; };'
    const { cause } = read(WRAPPER.replace('Win "Upd" }; (refer', `${fake} (refer`))
    expect(cause.filter && cimProperty(cause.filter, 'Name')).toBe('Win "Upd" };')
    expect(cause.filterName).toBe(fake)
  })

  test('cut anywhere, what stands before the cut is given and the loss is said', () => {
    for (let end = 0; end < CAUSE.length - 4; end += 1) {
      const { cause, diagnostics } = read(CAUSE.slice(0, end))
      expect(cause.complete).toBe(false)
      expect(diagnostics).toHaveLength(1)
      const name = cause.filter && cimProperty(cause.filter, 'EventNamespace')
      if (end > 170) expect(name).toBe('root\\cimv2')
    }
    const cut = read(CAUSE.slice(0, CAUSE.indexOf('instance of __EventFilter { Binding'))).cause
    expect(cut.consumer && cimProperty(cut.consumer, 'ScriptText')).toBe('a = "x"\n};\n')
  })

  test('any text is read in bounded time', () => {
    fc.assert(fc.property(fc.string({ unit: anyUnit }), (text) => void parsePossibleCause(text)))
    for (const unit of [
      'Binding EventFilter:',
      '\\"',
      '"',
      '\\\\"',
      'Namespace = ;Eventfilter = ',
      ' ',
      '(refer to its activate eventid:',
    ])
      parsePossibleCause(unit.repeat(200_000 / unit.length))
  })
})
