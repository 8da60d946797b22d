/** The page as it is built: see `tsup.config.ts`. */
declare module 'bundled:page' {
  const page: { readonly html: string; readonly script: string; readonly style: string }
  export default page
}
