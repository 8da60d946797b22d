/** What a bundle requires in place of a module of the host, before its specifier: for `import`, and for `require`. */
export const FOR_IMPORT = 'uni-import:'
export const FOR_REQUIRE = 'uni-require:'
