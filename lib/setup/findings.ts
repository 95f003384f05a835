import type { DcganErrorCode } from '../errors.js'
import type { LibTorchInfo } from './find.js'

export interface Check {
  name: string
  /** A note does no harm. A check is skipped if what it depends on failed. */
  status: 'ok' | 'note' | 'failed' | 'skipped'
  detail: string
  /** The command or step that fixes it. */
  fix?: string
  code?: DcganErrorCode
}

/** The finding of a check. All is well if there is no status. */
export type Found = Omit<Check, 'name' | 'status'> & Partial<Pick<Check, 'status'>>

/** Facts that the checks find out for each other. */
export interface Findings {
  libtorch?: LibTorchInfo
  /** True if the addon that is missing has to be built. */
  building?: boolean
  /** True if the addon loads. */
  samples?: boolean
  /** True if it loads LibTorch. */
  trains?: boolean
  /** The GPUs that LibTorch sees, if it loads. */
  cudaDevices?: number
}
