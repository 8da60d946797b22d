/** What a bundle requires in place of a module of the host, before its specifier: for `import`, and for `require`. */
export const FOR_IMPORT = 'uni-import:'
export const FOR_REQUIRE = 'uni-require:'
/** Before the path of a native addon, relative to the plugin's folder. */
export const FOR_ADDON = 'uni-addon:'
