import { minorOf } from '../../lib/internal/version.js'
import { readVersion } from '../../lib/setup/find.js'
import { temporary, write } from '../support/folder'
import { versionHeader } from './support'

describe('the version in LibTorch’s headers', () => {
  let include: string
  beforeEach(() => {
    include = temporary()
  })
  const versionOf = (text: string) => {
    write(include, 'torch/headeronly/version.h', text)
    return readVersion(include)
  }

  test('is put together from its three numbers', () => {
    expect(versionOf(versionHeader('2.13.0'))).toBe('2.13.0')
    expect(
      versionOf(
        '  #  define TORCH_VERSION_MAJOR 3\r\n#define TORCH_VERSION_MINOR 0\n#define TORCH_VERSION_PATCH 12',
      ),
    ).toBe('3.0.12')
  })

  test('is unknown where a number is missing or is none', () => {
    expect(versionOf(versionHeader('2.13.0').replace('MINOR', 'LESSER'))).toBeUndefined()
    expect(versionOf(versionHeader('2.13.x'))).toBeUndefined()
    expect(versionOf('')).toBeUndefined()
  })

  test('is read from the new header, or the old one where the new has none', () => {
    expect(readVersion(include)).toBeUndefined()
    write(include, 'torch/csrc/api/include/torch/version.h', versionHeader('2.1.2'))
    expect(readVersion(include)).toBe('2.1.2')
    write(include, 'torch/headeronly/version.h', versionHeader('2.14.1'))
    write(include, 'torch/csrc/api/include/torch/version.h', '#include <torch/headeronly/version.h>\n')
    expect(readVersion(include)).toBe('2.14.1')
  })

  test('fits by its minor part', () => {
    expect(minorOf('2.13.0')).toBe('2.13')
    expect(minorOf('2.1.13')).not.toBe(minorOf('2.11.3'))
  })
})
