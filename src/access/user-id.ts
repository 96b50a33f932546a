export const USER_ID = /^(?!\.{1,2}$)[A-Za-z0-9._@-]{1,128}$/;
export const USER_ID_RULE = {
  message: 'userId must have 1 to 128 of the characters A-Z a-z 0-9 . _ @ - and be neither "." nor ".."',
};
