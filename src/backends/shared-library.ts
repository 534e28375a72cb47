/**
 * What the system's loader, which alone knows every place where a library may lie, says against a shared library; null
 * where it opens it.
 *
 * @param library a path, or a name such as `libvulkan.so.1`
 */
export function failureToOpen(library: string): string | null {
  try {
    process.dlopen({ exports: {} }, library);
    return null;
  } catch (error) {
    const { message } = error as Error;
    // Opened: Node only misses what makes a library one of its modules.
    return message.includes('self-register') ? null : message;
  }
}
