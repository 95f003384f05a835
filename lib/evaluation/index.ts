export type { ClassifierInfo } from '../native/classifier.js'
export type { AccuracyScore, Evaluation, EvaluationProgress, Figures } from './evaluation.js'
export { checkEvaluationCount, DEFAULT_COUNT, type EvaluateOptions } from './options.js'
export { evaluate, evaluatePlan, figuresAt } from './run.js'
