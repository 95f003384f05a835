export { type Classifier, type ClassifierInfo, loadClassifier } from './classifier.js'
export type { Evaluation, EvaluationProgress, Figures } from './evaluation.js'
export { DEFAULT_COUNT, type EvaluateOptions } from './options.js'
export { evaluate } from './run.js'
