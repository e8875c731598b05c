/** The commonest passwords of 8 characters and more, in lower case: what guessing begins with. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `00000000 000000000 0123456789 0987654321 11111111 111111111 1111111111 11223344 1122334455 12121212 12312312 123123123
  12341234 12344321 1234512345 12345678 123456789 1234567890 12345678910 123456789a 12345679 123456a123 12345qwert
  1234qwer 123qweasd 123qwe123 147258369 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 22222222 31415926
  55555555 66666666 77777777 789456123 87654321 88888888 987654321 9876543210 99999999 a1234567 a12345678 a123456789
  aa123456 aa12345678 abc12345 abcd1234 abcdefgh admin123 administrator adminadmin alexander asd12345 asdasdasd asdf1234
  asdfasdf asdfghjk asdfghjkl babygirl baseball basketball bismillah butterfly changeme charlie1 chocolate computer
  corvette creative danielle december dragon123 einstein elephant facebook february football football1 freedom1 friendship
  fuckyou1 garfield gfhjkmrf goodluck hello123 hellohello iloveyou iloveyou1 iloveyou2 internet jennifer jonathan
  jordan23 justinbieber klaster1 kristina lasvegas letmein1 letmein123 liverpool login123 lovelove loveyou1 manchester
  master123 maverick mercedes metallica michael1 michelle midnight minecraft monkey123 mustang1 myspace1 natasha1
  newpassword nicholas november p@ssw0rd p@ssword parola123 passw0rd password password! password0 password01 password1
  password12 password123 password1234 password2 passwort patricia pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5
  qazwsxed qazwsxedc qq123456 qwer1234 qwerasdf qwerqwer qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuio
  qwertyuiop rockyou1 sabrina1 samantha samsung1 secret123 september shadow12 snowball spiderman starwars stephanie
  sunshine sunshine1 superman superman1 superstar teddybear test1234 testtest thomas123 tinkerbell trustno1 victoria
  volleyball welcome1 welcome123 whatever william1 wordpass xxxxxxxx yellow12 zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123`.split(
    /\s+/,
  ),
);
