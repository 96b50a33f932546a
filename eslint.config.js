import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const TYPED = ['src/**/*.ts', 'migrations/**/*.ts', 'local/**/*.ts', 'test/**/*.ts'];
const DOORS = ['src/**/*.{controller,decorator,guard,filter,interceptor}.ts', 'src/http/**/*.ts'];
const CALLERS = [
  'src/access/issuer-keys.ts',
  'src/media/download*.ts',
  'src/media/source-*.ts',
  'src/models/replicate{.,-}*.ts',
];

/** HTTP exceptions share a package with the decorators, so they are told apart by name. */
const httpExceptions = {
  group: ['@nestjs/common'],
  importNamePattern: '(Exception|^HttpStatus)$',
  message: 'Rooms throw AppError; the error filter knows the status.',
};

const environmentImports = ['process', 'node:process'].map((name) => ({
  name,
  importNames: ['env', 'default'],
  message: 'process.env is read in src/config only: take the setting as a value.',
}));

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.local/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: TYPED,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Leaves files with decorators alone by itself: injected classes are imported as values.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // noUncheckedIndexedAccess asks at every index; `!` says that a bound was checked where the type cannot.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Controllers answer with literals whose type is a DTO class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // An abort signal's reason is typed any.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An async function without await still turns every throw into a rejection, which its callers rely on.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts'],
    ignores: ['src/config/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'process.env is read in src/config only.' },
      ],
      'no-restricted-imports': ['error', { paths: environmentImports, patterns: [httpExceptions] }],
    },
  },
  { files: DOORS, rules: { 'no-restricted-imports': ['error', { paths: environmentImports }] } },
  {
    files: ['src/**/*.ts'],
    ignores: CALLERS,
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Outside calls are guarded: see src/media/download.ts.' },
      ],
    },
  },
  {
    // Bodies of answers are read as they come; a wrong shape fails the assertion that follows.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-imports': [
        'error',
        { name: '@jest/globals', message: 'describe, it, expect and jest are globals.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo|failing)$/]',
          message: 'Every test runs, and runs with the others.',
        },
        {
          selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]',
          message: 'Every test runs, and runs with the others.',
        },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['AbortSignal', 'Buffer', 'URL', 'clearTimeout', 'console', 'fetch', 'process', 'setTimeout'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  { files: ['**/*.cjs'], languageOptions: { globals: { module: 'writable', require: 'readonly' } } },
);
