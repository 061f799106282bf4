import { demo } from '../../report/model/demo.ts'
import type { DemoOptions } from '../../run/demo.ts'
import type { CapturedOptions } from '../files/capture-file.ts'
import { defineCommand } from '../command/row.ts'
import { CAPTURE_FLAG, OUTPUT_FLAGS, TRACE_FLAG } from '../flags/output.ts'
import { sideFile } from '../flags/side-files.ts'
import { tracer } from '../tracer.ts'
import { demoPorts } from '../../library/system-ports.ts'

export const command = defineCommand({
  description:
    'Start a seeder on a free loopback port, connect to it, fetch a block and verify it. Needs no network.',
  insteadOfWords: 'use peerwire demo alone, with flags only',
  flags: { trace: TRACE_FLAG, capture: CAPTURE_FLAG, ...OUTPUT_FLAGS },
  examples: ['demo', 'demo --trace', 'demo --json'],
  document: demo,
  options: async (_, flags, env) => ({
    trace: await tracer(flags, env),
    captureFile: sideFile('--capture', flags.capture, {}, flags, env),
  }),
  useCase: async (options: Pick<DemoOptions, 'trace'> & CapturedOptions, ports) => {
    const [{ demo }, { withCaptureFile }, loaded] = await Promise.all([
      import('../../run/demo.ts'),
      import('../files/capture-file.ts'),
      ports().then(demoPorts),
    ])
    return withCaptureFile((capture) => demo({ ...options, capture }, loaded), options, loaded)
  },
  text: async () => (await import('../../report/text/demo.ts')).renderDemoText,
})
